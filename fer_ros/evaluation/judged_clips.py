"""JudgedClips: the clips of CREMA-D with a model's answers, from which the tables are made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.crema_d import Clip, CremaD
from fer_ros.labels import CREMA_D_CLASSES
from fer_ros.metrics import Labels, bootstrap_accuracy, bootstrap_recall
from fer_ros.structures import FloatArray

# Prediction for a clip in which no face was found: an index beyond the classes.
NO_FACE = len(CREMA_D_CLASSES)


@dataclass(frozen=True, eq=False)
class JudgedClips:
    """The clips of a fold with the answers of each stream.

    Attributes:
        data: M clips with N frames that show a face.
        frames: ``(N, C)`` probabilities by stream.
        clips: ``(M,)`` predictions by stream, ``NO_FACE`` for clips without a face.
    """

    data: CremaD
    frames: dict[str, FloatArray]
    clips: dict[str, Labels]

    def acted(self) -> Labels:
        """Return ``(M,)`` the class of the acted emotion."""
        indices = [CREMA_D_CLASSES.index(clip.emotion) for clip in self.data.clips]
        return np.array(indices, np.int64)


Judged = Mapping[int, JudgedClips]


def stream_names(judged: Judged) -> tuple[str, ...]:
    """Return the names of the streams that answered."""
    return tuple(next(iter(judged.values())).frames)


def each_clip(judged: Judged) -> Iterator[tuple[Clip, int, dict[str, int]]]:
    """Yield each clip with its acted class and the prediction of each stream."""
    for part in judged.values():
        for index, (clip, label) in enumerate(zip(part.data.clips, part.acted(), strict=True)):
            yield clip, int(label), {s: int(p[index]) for s, p in part.clips.items()}


def actors_of(entries: Sequence[tuple[Any, ...]]) -> npt.NDArray[np.int64]:
    """Return ``(N,)`` the actor of each entry, whose first element is its clip."""
    return np.array([clip.actor for clip, *_ in entries], np.int64)


def clip_figures(
    predictions: Labels, labels: Labels, actors: npt.NDArray[np.int64]
) -> tuple[float, str, float, str]:
    """Return accuracy and unweighted recall, each with its interval over actors."""
    right = bootstrap_accuracy(predictions, labels, actors)
    recall = bootstrap_recall(predictions, labels, len(CREMA_D_CLASSES), actors)
    return right.value, right.span(), recall.value, recall.span()
