"""Targets that a trained model helps to set (distillation: Hinton et al. 2015)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from fer_ros.answers import aligned_faces, answers_for
from fer_ros.classifier import BothSides, TorchClassifier
from fer_ros.data.face_set import FaceSet


def taught(faces: FaceSet, teacher: Path, share: float, progress: bool = True) -> FaceSet:
    """Return the faces with targets that are partly what a teacher says of them.

    A few raters' votes are a coarse estimate of what many would say, and some votes are slips; a
    teacher that has seen all faces smooths both.

    Args:
        faces: To learn from.
        teacher: Checkpoint; asked for each face and its mirror image, undisturbed.
        share: Of the teacher's answer in the targets, 0 to 1.
        progress: Whether to draw a bar.

    Raises:
        DatasetError: Teacher and data have fewer than two classes in common.
        ModelFileError: The checkpoint is missing, damaged or another model.
    """
    classifier = BothSides(TorchClassifier(teacher, torch.get_num_threads()))
    crop_px, stream = classifier.config.crop_px, classifier.config.stream
    seen = tqdm(
        aligned_faces(faces, crop_px), 'teacher', len(faces), unit='face', disable=not progress
    )
    answer = answers_for(classifier, seen, [stream], faces.classes)[stream]
    targets = (1 - share) * faces.targets + share * answer
    return replace(faces, targets=targets.astype(np.float32))
