"""Labelled faces in memory: what every data set becomes before training and evaluation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.structures import NUM_LANDMARKS, FloatArray, ImageArray


@dataclass(frozen=True, eq=False)
class FaceSet:
    """N faces with their landmarks and targets.

    Attributes:
        images: ``(N, H, W)`` uint8 gray, a face in each.
        landmarks_px: ``(N, 68, 2)`` float32, in pixels of the image.
        targets: ``(N, C)`` float32, the probability of each class, summing to 1.
        classes: C names.
    """

    images: ImageArray
    landmarks_px: FloatArray
    targets: FloatArray
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.landmarks_px.shape != (count, NUM_LANDMARKS, 2):
            raise ValueError(f'{count} images, landmarks of shape {self.landmarks_px.shape}')
        if self.targets.shape != (count, len(self.classes)):
            raise ValueError(
                f'{count} images and {len(self.classes)} classes, '
                f'targets of shape {self.targets.shape}'
            )

    def __len__(self) -> int:
        return len(self.images)

    def labels(self) -> npt.NDArray[np.int64]:
        """Return the ``(N,)`` index of each face's most probable class."""
        return self.targets.argmax(axis=1)
