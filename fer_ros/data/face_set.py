"""FaceSet: labelled faces in memory, the common form of all data sets."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.structures import NUM_LANDMARKS, FloatArray, ImageArray

SPLITS = ('train', 'validation', 'test')
# The union of the splits, for data that a model was not trained on.
ALL = 'all'

# Fields that may be empty, because not every data set has them.
_OPTIONAL = (
    'second_targets',
    'subjects',
    'clips',
    'stamps_s',
    'pictures',
    'detected',
    'photographs',
    'seen',
    'valence',
    'arousal',
    'known_classes',
    'set_numbers',
)


@dataclass(frozen=True, eq=False)
class FaceSet:
    """N faces with their landmarks and targets.

    Attributes:
        images: ``(N, H, W)`` uint8 gray, one face in each.
        landmarks_px: ``(N, 68, 2)`` float32, in pixels of the image.
        targets: ``(N, C)`` float32, the probability of each class, summing to 1.
        classes: C names.
        second_targets: ``(N, D)`` float32, the probability of each of ``second_classes`` in a
            second labelling of the same faces, which training may use besides the targets; all 0
            for a face without one. Empty, like all fields below, if the data set has none.
        subjects: ``(N,)`` name of the person.
        clips: ``(N,)`` name of the clip that the frame is from. The frames of a clip are
            consecutive and in order of time.
        stamps_s: ``(N,)`` time of the frame in its clip.
        pictures: ``(N,)`` path of the picture, or its number from 0.
        detected: ``(N,)`` whether the detector found the face; if not, the whole picture is taken
            for the face.
        photographs: ``(N,)`` number of the photograph, the same for all copies of one.
        seen: ``(N,)`` whether the photograph is also in a split that a model is trained or chosen
            on before it is judged on this one.
        valence: ``(N,)`` pleasantness of the expression, -1 to 1; NaN if unknown.
        arousal: ``(N,)`` excitement of the expression, -1 to 1; NaN if unknown.
        known_classes: ``(N, C)`` whether the data set that the face is from has the class, in a
            join of several data sets. If it has not, the lack of that label says nothing about
            the face.
        set_numbers: ``(N,)`` number of the data set that the face is from, from 0.
        second_classes: D names, all among ``classes``.
        notes: Sentences about the faces to print with results.
    """

    images: ImageArray
    landmarks_px: FloatArray
    targets: FloatArray
    classes: tuple[str, ...]
    second_targets: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    subjects: npt.NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, np.str_))
    clips: npt.NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, np.str_))
    stamps_s: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    pictures: npt.NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, np.str_))
    detected: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    photographs: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    seen: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    valence: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    arousal: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    known_classes: npt.NDArray[np.bool_] = field(
        default_factory=lambda: np.zeros((0, 0), np.bool_)
    )
    set_numbers: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    second_classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.landmarks_px.shape != (count, NUM_LANDMARKS, 2):
            raise ValueError(f'{count} images, landmarks of shape {self.landmarks_px.shape}')
        if self.targets.shape != (count, len(self.classes)):
            raise ValueError(
                f'{count} images and {len(self.classes)} classes, '
                f'targets of shape {self.targets.shape}'
            )
        if self.second_targets.shape[1] != len(self.second_classes):
            raise ValueError(
                f'{len(self.second_classes)} second classes, '
                f'second targets of shape {self.second_targets.shape}'
            )
        for name in _OPTIONAL:
            if len(getattr(self, name)) not in (0, count):
                raise ValueError(f'{count} images, {len(getattr(self, name))} {name}')

    def __len__(self) -> int:
        return len(self.images)

    def labels(self) -> npt.NDArray[np.int64]:
        """Return the ``(N,)`` index of each face's most probable class."""
        return self.targets.argmax(axis=1)

    def spread(self, most: int) -> 'FaceSet':
        """Return at most ``most`` of the faces, evenly spread over the set."""
        return self.select(np.linspace(0, len(self) - 1, min(len(self), most)).astype(int))

    def select(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> 'FaceSet':
        """Return the faces that a mask or an array of indices selects."""
        optional = {
            name: getattr(self, name)[chosen] for name in _OPTIONAL if len(getattr(self, name))
        }
        return replace(
            self,
            images=self.images[chosen],
            landmarks_px=self.landmarks_px[chosen],
            targets=self.targets[chosen],
            **optional,
        )

    def groups(self) -> npt.NDArray[Any] | None:
        """Return ``(N,)`` the group of dependent faces of each face; None if unknown.

        Faces of one subject form a group. Where subjects are unknown, faces form a group if they
        share a photograph or a clip, directly or through other faces.
        """
        if len(self.subjects):
            return self.subjects
        known = [names for names in (self.photographs, self.clips) if len(names)]
        if not known:
            return None
        firsts = [np.unique(names, return_index=True, return_inverse=True) for names in known]
        pairs = [np.stack([first[number], np.arange(len(self))], 1) for _, first, number in firsts]
        return joined(len(self), np.concatenate(pairs))

    def group_name(self) -> str:
        """Return the plural noun for the ``groups``."""
        if len(self.subjects):
            return 'subjects'
        if len(self.photographs):
            return 'photographs and clips' if len(self.clips) else 'photographs'
        return 'clips' if len(self.clips) else 'faces'


def within_known(probabilities: FloatArray, known_classes: npt.NDArray[np.bool_]) -> FloatArray:
    """Return ``(N, C)`` probabilities renormalised to the classes that a face's data set has.

    Args:
        probabilities: ``(N, C)`` probabilities.
        known_classes: ``(N, C)`` as in ``FaceSet``; if empty, all classes are known.
    """
    if not len(known_classes):
        return probabilities
    kept = probabilities * known_classes
    restored: FloatArray = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-9)
    return restored.astype(np.float32)


def joined(count: int, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return ``(count,)`` the number of each item's connected component.

    Args:
        count: Number of items.
        pairs: ``(P, 2)`` indices of the two items of each pair that belongs together.
    """
    first = np.arange(count)
    while True:
        # Both items of a pair take the lower group; chains of groups are then shortened.
        lower = np.minimum(first[pairs[:, 0]], first[pairs[:, 1]])
        before = first.copy()
        for side in (0, 1):
            np.minimum.at(first, first[pairs[:, side]], lower)
            np.minimum.at(first, pairs[:, side], lower)
        first = first[first]
        if (first == before).all():
            return np.unique(first, return_inverse=True)[1].astype(np.int64)


def one_hot(labels: npt.NDArray[np.int64], num_classes: int) -> FloatArray:
    """Return the ``(N, C)`` one-hot targets of ``(N,)`` labels."""
    return np.eye(num_classes, dtype=np.float32)[labels]
