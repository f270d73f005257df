"""Targets that trained models help to set (distillation: Hinton et al. 2015)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from tqdm import tqdm

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.predictions import aligned_faces, answers_for
from fer_ros.inference.classifier import BothSides
from fer_ros.network.torch_classifier import TorchClassifier
from fer_ros.structures import FloatArray
from fer_ros.training.sources import Source


def taught(
    faces: FaceSet,
    teachers: Sequence[Source],
    share: float,
    device: str = 'cpu',
    progress: bool = True,
) -> FaceSet:
    """Return the faces with targets that are partly what teachers say of them.

    A few raters' votes are a coarse estimate of what many would say, and some votes are slips;
    teachers that have seen all faces smooth both.

    Args:
        faces: To learn from.
        teachers: Models that know all classes of the faces; asked for each face and its mirror
            image, undisturbed. The mean of their answers counts.
        share: Of that in the targets, 0 to 1.
        device: On which they are asked, as torch names it.
        progress: Whether to draw bars.
    """
    answers = [_answer(faces, teacher, device, progress) for teacher in teachers]
    targets = (1 - share) * faces.targets + share * np.mean(answers, axis=0)
    return replace(faces, targets=targets.astype(np.float32))


def _answer(faces: FaceSet, teacher: Source, device: str, progress: bool) -> FloatArray:
    classifier = BothSides(TorchClassifier(teacher.checkpoint, teacher.path, device))
    crop_px, stream = classifier.config.crop_px, classifier.config.stream
    seen = tqdm(
        aligned_faces(faces, crop_px), 'teacher', len(faces), unit='face', disable=not progress
    )
    return answers_for(classifier, seen, [stream], faces.classes)[stream]
