"""Face sets as torch data sets for training and validation, and how often faces are drawn."""

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

# Far more than it takes to converge.
_MM_STEPS = 200


class Batch(NamedTuple):
    """B faces of a face set.

    Attributes:
        crops: ``(B, 1, S, S)`` aligned crops.
        nodes: ``(B, 68, F)`` node features.
        targets: ``(B, C)`` probability of each class.
        second_targets: ``(B, D)`` probability of each second class, all 0 for a face without
            second labels; ``(0, 0)`` if the set has none.
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
    """A face set whose faces are aligned and, if requested, augmented on access.

    Faces are accessed by index or, in training, by ``(draw, index)``. Augmentation depends only on
    seed, epoch and draw, so that it is the same for any number of workers and after a resume, but
    differs when a face is drawn twice.
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
        """Return samples as one batch."""
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
    """Return ``(B, C)`` logits that rule out the classes that a face's data set lacks.

    Args:
        logits: ``(B, C)`` logits.
        known_classes: ``(B, C)`` as in ``FaceSet``; if empty, all classes are known.
    """
    # Not infinity: its product with a target of 0 would be NaN.
    return logits.masked_fill(~known_classes, -1e4) if known_classes.numel() else logits


def draw_weights(faces: FaceSet, balance: float, shares: Sequence[float] = ()) -> FloatArray:
    """Return ``(N,)`` the relative frequency with which each face is drawn.

    Args:
        faces: Training faces.
        balance: How much more often rare classes are drawn; see ``TrainConfig``.
        shares: Proportion of each data set; see ``TrainConfig``. Empty: by their sizes.
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
    """Return the frequency of each class among faces drawn by ``draw_weights``; they sum to 1.

    If some data sets lack a class, its frequency is the one it would have if no set did: the
    maximum-likelihood frequencies given that each face's targets are restricted to the classes of
    its set, which is the prior that a model learns from such faces. They are found by the MM
    algorithm for choices from different sets (Hunter 2004, "MM algorithms for generalized
    Bradley-Terry models").

    Args:
        faces: Training faces.
        balance: How much more often rare classes are drawn; see ``TrainConfig``.
        shares: Proportion of each data set; see ``TrainConfig``.
    """
    weights = draw_weights(faces, balance, shares)
    frequencies = (weights / weights.sum()) @ faces.targets
    if len(faces.known_classes):
        frequencies = _among_known(frequencies, weights / weights.sum(), faces.known_classes)
    return {name: float(share) for name, share in zip(faces.classes, frequencies, strict=True)}


def _among_known(
    drawn: FloatArray, weights: FloatArray, known_classes: npt.NDArray[np.bool_]
) -> FloatArray:
    """Return the ``(C,)`` maximum-likelihood frequencies of classes that not every set has."""
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
    """Return the class frequencies of a model whose two classifiers ``without_second`` has merged.

    The logarithms of the frequencies of both labellings are averaged as the logits are there.

    Args:
        faces: Training faces.
        balance: How much more often rare classes are drawn; see ``TrainConfig``.
        share: Weight of the second classifier; see ``without_second``.
        shares: Proportion of each data set; see ``TrainConfig``.
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
