"""Face sets as torch reads them in training and validation."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from fer_ros.data.face_set import FaceSet
from fer_ros.face.alignment import align_face
from fer_ros.inference.inputs import make_batch
from fer_ros.structures import AlignedFace, FloatArray, Landmarks
from fer_ros.training.augment import AugmentConfig, augmented_face


class Batch(NamedTuple):
    """B faces of a face set.

    Attributes:
        crops: ``(B, 1, S, S)``.
        nodes: ``(B, 68, F)``.
        targets: ``(B, C)`` probability of each class.
        second_targets: ``(B, D)`` of the second classes, all 0 where a face has none; ``(0, 0)``
            where the set has none.
    """

    crops: Tensor
    nodes: Tensor
    targets: Tensor
    second_targets: Tensor

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
        second = self.faces.second_targets
        return Batch(
            torch.from_numpy(batch.crops),
            torch.from_numpy(batch.nodes),
            torch.from_numpy(self.faces.targets[indices]),
            torch.from_numpy(second[indices] if len(second) else second),
        )


def draw_weights(faces: FaceSet, balance: float) -> FloatArray:
    """Return ``(N,)`` how likely each face is drawn, by how rare its classes are."""
    share = faces.targets.mean(axis=0)
    rarity = np.maximum(share, 1e-6) ** -balance
    weights: FloatArray = faces.targets @ rarity
    return weights


def drawn_frequencies(faces: FaceSet, balance: float) -> dict[str, float]:
    """Return by class how frequent it is among faces drawn by ``draw_weights``, in sum 1."""
    weights = draw_weights(faces, balance)
    shares = (weights / weights.sum()) @ faces.targets
    return {name: float(share) for name, share in zip(faces.classes, shares, strict=True)}


def pooled_frequencies(faces: FaceSet, balance: float, share: float) -> dict[str, float]:
    """Return the frequencies that a model answers by which ``without_second`` made of two.

    As logits are pooled there, so are the logarithms of the frequencies of both labellings.

    Args:
        faces: That are drawn.
        balance: As for ``draw_weights``.
        share: As for ``without_second``.
    """
    first = drawn_frequencies(faces, balance)
    if not share or not faces.second_targets.any():
        return first
    second = draw_weights(faces, balance) @ faces.second_targets
    logs = {name: math.log(max(value, 1e-6)) for name, value in first.items()}
    change = {
        name: share * (math.log(max(value, 1e-6)) - logs[name])
        for name, value in zip(faces.second_classes, second / second.sum(), strict=True)
    }
    mean = sum(change.values()) / len(change)
    pooled = {name: math.exp(value + change.get(name, mean)) for name, value in logs.items()}
    return {name: value / sum(pooled.values()) for name, value in pooled.items()}
