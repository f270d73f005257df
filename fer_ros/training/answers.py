"""answer_temperature: calibrates a model's confidence for faces disturbed as by a camera."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import SEVERITIES, clips_of_stills
from fer_ros.evaluation.calibration import fit_calibration
from fer_ros.evaluation.predictions import batches
from fer_ros.inference.prior_correction import DEFAULT_STRENGTH, added_logits
from fer_ros.network.fer_net import FerNet
from fer_ros.training.face_dataset import without_unknown

# The severity at which confidence matches accuracy on faces of strangers; see the model card.
SEVERITY = max(SEVERITIES)
# Highest number of clips, each made of one still, and frames per clip.
MOST_STILLS = 500
FRAMES = 4


@torch.inference_mode()
def answer_temperature(model: FerNet, figures: Mapping[str, Any], validation: FaceSet) -> float:
    """Return the temperature of ``PriorCorrection`` for a model.

    It is fitted as in ``fit_calibration``, on faces that move, blur, darken and get covered as
    in front of a camera, with landmarks detected in the disturbed images. Fitted on clean faces,
    on which a model is right more often, it would make the model overconfident on such faces.

    Args:
        model: Model calibrated on clean faces, in evaluation mode, on the CPU.
        figures: Figures stored in its file, with the frequencies and offsets of its classes.
        validation: Faces that the model was not trained on.
    """
    stills = validation.spread(MOST_STILLS)
    frames = clips_of_stills(stills, model.config.crop_px, SEVERITY, FRAMES)
    parts = [
        model(torch.from_numpy(batch.crops), torch.from_numpy(batch.nodes)).numpy()
        for batch in batches(frames)
    ]
    added = added_logits(model.config.classes, figures, DEFAULT_STRENGTH)
    logits = np.concatenate(parts) + added
    known = torch.from_numpy(np.repeat(stills.known_classes, FRAMES, axis=0))
    among_known = without_unknown(torch.from_numpy(logits), known).numpy()
    labels = np.repeat(stills.labels(), FRAMES)
    return round(1 / fit_calibration(among_known, labels, biases=False).scale, 4)
