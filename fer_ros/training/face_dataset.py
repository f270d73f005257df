"""Face sets as torch reads them in training and validation."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from fer_ros.data.face_set import FaceSet
from fer_ros.face.alignment import align_face
from fer_ros.inference.inputs import make_batch
from fer_ros.structures import AlignedFace, FloatArray, Landmarks
from fer_ros.training.augment import AugmentConfig, augmented_face

# Far more than it takes to stand still.
_MM_STEPS = 200


class Batch(NamedTuple):
    """B faces of a face set.

    Attributes:
        crops: ``(B, 1, S, S)``.
        nodes: ``(B, 68, F)``.
        targets: ``(B, C)`` probability of each class.
        second_targets: ``(B, D)`` of the second classes, all 0 where a face has none; ``(0, 0)``
            where the set has none.
        known_classes: ``(B, C)`` as in ``FaceSet``, or empty.
    """

    crops: Tensor
    nodes: Tensor
    targets: Tensor
    second_targets: Tensor
    known_classes: Tensor

    def to(self, device: torch.device) -> 'Batch':
        """Return the batch on another device."""
        return Batch(
            self.crops.to(device, memory_format=torch.channels_last),
            *(tensor.to(device) for tensor in self[1:]),
        )


class AlignedFaces(Dataset[tuple[AlignedFace, int]]):
    """A face set, aligned on access and, with an augmentation, disturbed.

    Asked by the index of a face, or in training by ``(draw, index)``: the chance in a face's
    disturbance follows from seed, epoch and draw alone, so that it is the same for any number of
    workers and after a resume, and another each time when a face is drawn twice.
    """

    def __init__(
        self, faces: FaceSet, crop_px: int, augment: AugmentConfig | None = None, seed: int = 0
    ) -> None:
        self.faces = faces
        self.crop_px = crop_px
        self.augment = augment
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.faces)

    def __getitem__(self, key: int | tuple[int, int]) -> tuple[AlignedFace, int]:
        draw, index = key if isinstance(key, tuple) else (key, key)
        image = self.faces.images[index]
        landmarks = Landmarks(self.faces.landmarks_px[index])
        if self.augment is None:
            return align_face(image, landmarks, self.crop_px), index
        rng = np.random.default_rng((self.seed, self.epoch, draw))
        return augmented_face(image, landmarks, self.crop_px, self.augment, rng), index

    def collate(self, samples: list[tuple[AlignedFace, int]]) -> Batch:
        """Return some samples as one batch."""
        batch = make_batch([face for face, _ in samples])
        indices = [index for _, index in samples]
        second, known = self.faces.second_targets, self.faces.known_classes
        return Batch(
            torch.from_numpy(batch.crops),
            torch.from_numpy(batch.nodes),
            torch.from_numpy(self.faces.targets[indices]),
            torch.from_numpy(second[indices] if len(second) else second),
            torch.from_numpy(known[indices] if len(known) else known),
        )


def without_unknown(logits: Tensor, known_classes: Tensor) -> Tensor:
    """Return ``(B, C)`` logits in which classes that a face's data set lacks are never answered.

    Args:
        logits: ``(B, C)``.
        known_classes: ``(B, C)`` as in ``FaceSet``; where it is empty, all classes are known.
    """
    # No infinity: its product with a target of 0 would be no number.
    return logits.masked_fill(~known_classes, -1e4) if known_classes.numel() else logits


def draw_weights(faces: FaceSet, balance: float, shares: Sequence[float] = ()) -> FloatArray:
    """Return ``(N,)`` how likely each face is drawn, by how rare its classes are.

    Args:
        faces: To learn from.
        balance: As in ``TrainConfig``.
        shares: As in ``TrainConfig``; one for each data set of the faces, or none.
    """
    share = faces.targets.mean(axis=0)
    rarity = np.maximum(share, 1e-6) ** -balance
    weights: FloatArray = faces.targets @ rarity
    if len(shares) and len(faces.set_numbers):
        sums = np.bincount(faces.set_numbers, weights, len(shares))
        factors = np.asarray(shares) / np.maximum(sums, 1e-9)
        weights = weights * factors[faces.set_numbers].astype(np.float32)
    return weights


def drawn_frequencies(
    faces: FaceSet, balance: float, shares: Sequence[float] = ()
) -> dict[str, float]:
    """Return by class how frequent it is among faces drawn by ``draw_weights``, in sum 1.

    Where some data sets do not tell a class apart, it is how frequent it would be if all did:
    the frequencies under which the targets of each face are likeliest among the classes of its
    set, which is what a model learns that is asked for no others. They are found by the MM
    algorithm for choices out of different sets (Hunter 2004, "MM algorithms for generalized
    Bradley-Terry models").

    Args:
        faces: As in ``draw_weights``.
        balance: As in ``draw_weights``.
        shares: As in ``draw_weights``.
    """
    weights = draw_weights(faces, balance, shares)
    frequencies = (weights / weights.sum()) @ faces.targets
    if len(faces.known_classes):
        frequencies = _among_known(frequencies, weights / weights.sum(), faces.known_classes)
    return {name: float(share) for name, share in zip(faces.classes, frequencies, strict=True)}


def _among_known(
    drawn: FloatArray, weights: FloatArray, known_classes: npt.NDArray[np.bool_]
) -> FloatArray:
    """Return ``(C,)`` frequencies under which faces of several sets are drawn as they are."""
    known, number = np.unique(known_classes, axis=0, return_inverse=True)
    of_kind = np.bincount(number.reshape(-1), weights, len(known))
    frequencies = drawn.astype(np.float64)
    for _ in range(_MM_STEPS):
        frequencies = drawn / ((of_kind / (known @ frequencies)) @ known)
        frequencies /= frequencies.sum()
    return frequencies.astype(np.float32)


def pooled_frequencies(
    faces: FaceSet, balance: float, share: float, shares: Sequence[float] = ()
) -> dict[str, float]:
    """Return the frequencies that a model answers by which ``without_second`` made of two.

    As logits are pooled there, so are the logarithms of the frequencies of both labellings.

    Args:
        faces: That are drawn.
        balance: See ``draw_weights``.
        share: See ``without_second``.
        shares: As for ``draw_weights``.
    """
    first = drawn_frequencies(faces, balance, shares)
    if not share or not faces.second_targets.any():
        return first
    second = draw_weights(faces, balance, shares) @ faces.second_targets
    logs = {name: math.log(max(value, 1e-6)) for name, value in first.items()}
    change = {
        name: share * (math.log(max(value, 1e-6)) - logs[name])
        for name, value in zip(faces.second_classes, second / second.sum(), strict=True)
    }
    mean = sum(change.values()) / len(change)
    pooled = {name: math.exp(value + change.get(name, mean)) for name, value in logs.items()}
    return {name: value / sum(pooled.values()) for name, value in pooled.items()}
