"""Targets that a trained model helps to set (distillation: Hinton et al. 2015)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from fer_ros.answers import aligned_faces, answers_for
from fer_ros.classifier import TorchClassifier
from fer_ros.data.augment import mirror
from fer_ros.data.face_set import FaceSet
from fer_ros.structures import AlignedFace


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
    classifier = TorchClassifier(teacher, torch.get_num_threads())
    stream = classifier.config.stream
    answer = np.zeros_like(faces.targets)
    with tqdm(total=2 * len(faces), desc='teacher', unit='face', disable=not progress) as bar:

        def seen(side: Callable[[AlignedFace], AlignedFace]) -> Iterator[AlignedFace]:
            for face in aligned_faces(faces, classifier.config.crop_px):
                bar.update()
                yield side(face)

        for side in (lambda face: face, mirror):
            answer += answers_for(classifier, seen(side), [stream], faces.classes)[stream] / 2
    targets = (1 - share) * faces.targets + share * answer
    return replace(faces, targets=targets.astype(np.float32))
