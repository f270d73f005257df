"""Targets that trained models help to set (distillation: Hinton et al. 2015)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from fer_ros.answers import aligned_faces, answers_for
from fer_ros.classifier import BothSides, TorchClassifier
from fer_ros.data.face_set import FaceSet
from fer_ros.structures import FloatArray


def taught(
    faces: FaceSet, teachers: Sequence[Path], share: float, progress: bool = True
) -> FaceSet:
    """Return the faces with targets that are partly what teachers say of them.

    A few raters' votes are a coarse estimate of what many would say, and some votes are slips;
    teachers that have seen all faces smooth both.

    Args:
        faces: To learn from.
        teachers: Checkpoints; asked for each face and its mirror image, undisturbed. The mean of
            their answers counts.
        share: Of that in the targets, 0 to 1.
        progress: Whether to draw bars.

    Raises:
        DatasetError: A teacher and the data have fewer than two classes in common.
        ModelFileError: A checkpoint is missing, damaged or another model.
    """
    answers = [_answer(faces, teacher, progress) for teacher in teachers]
    targets = (1 - share) * faces.targets + share * np.mean(answers, axis=0)
    return replace(faces, targets=targets.astype(np.float32))


def _answer(faces: FaceSet, teacher: Path, progress: bool) -> FloatArray:
    classifier = BothSides(TorchClassifier(teacher, torch.get_num_threads()))
    crop_px, stream = classifier.config.crop_px, classifier.config.stream
    seen = tqdm(
        aligned_faces(faces, crop_px), 'teacher', len(faces), unit='face', disable=not progress
    )
    return answers_for(classifier, seen, [stream], faces.classes)[stream]
