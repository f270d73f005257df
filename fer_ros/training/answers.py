"""answer_temperature: how sure a kept model may be of faces that a camera has disturbed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import SEVERITIES, clips_of_stills
from fer_ros.evaluation.predictions import batches
from fer_ros.inference.prior_correction import DEFAULT_STRENGTH, log_frequencies
from fer_ros.network.fer_net import FerNet
from fer_ros.training.calibration import best_temperature
from fer_ros.training.face_dataset import without_unknown

# Of the three, that which leaves a model about as sure of strangers as it is right; see the card.
SEVERITY = max(SEVERITIES)
# Clips of so many stills, if there are as many, each of so many frames.
MOST_STILLS = 500
FRAMES = 4


@torch.inference_mode()
def answer_temperature(model: FerNet, figures: Mapping[str, Any], validation: FaceSet) -> float:
    """Return the temperature of ``PriorCorrection`` for a model.

    It is fitted as in ``best_temperature``, on faces that move, blur, darken and get covered as
    those of a camera, with landmarks that are found in such images. On clean faces a model is
    right more often, and would be too sure of the others.

    Args:
        model: Calibrated on clean faces; in evaluation mode, on the CPU.
        figures: Figures in its file, with the frequencies of its classes.
        validation: Faces that it has not learned from.
    """
    spread = np.linspace(0, len(validation) - 1, min(len(validation), MOST_STILLS)).astype(int)
    stills = validation.select(spread)
    frames = clips_of_stills(stills, model.config.crop_px, SEVERITY, FRAMES)
    parts = [
        model(torch.from_numpy(batch.crops), torch.from_numpy(batch.nodes)).numpy()
        for batch in batches(frames)
    ]
    logits = np.concatenate(parts) - DEFAULT_STRENGTH * log_frequencies(
        model.config.classes, figures
    )
    known = torch.from_numpy(np.repeat(stills.known_classes, FRAMES, axis=0))
    among_known = without_unknown(torch.from_numpy(logits), known).numpy()
    return round(best_temperature(among_known, np.repeat(stills.labels(), FRAMES)), 4)
