"""Journal: what a replay has estimated so far, so that one that was interrupted can go on."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.atomic_file import atomic_file
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Landmarks

_SUFFIX = '.npz'
Arrays = dict[str, npt.NDArray[Any]]


class Journal:
    """A folder with a file for every few hundred images, and what pipelines remembered then.

    Attributes:
        count: Images whose estimates are there from an interrupted run.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Open the journal of a replay, or begin one.

        Args:
            folder: Made if missing; one of other settings is begun anew.
            key: Stands for everything that estimates depend on.
        """
        self._folder = folder
        mark = folder / 'key'
        if not mark.is_file() or mark.read_text() != key:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            mark.write_text(key)
        self._files = sorted(folder.glob(f'[0-9]*{_SUFFIX}'))
        self.count = int(self._files[-1].stem) if self._files else 0
        self._total = self.count
        self._frames: list[FrameEmotions] = []

    def restored(self) -> Iterator[FrameEmotions]:
        """Yield the ``count`` estimates from before, in order."""
        for file in self._files:
            yield from _frames(_load(file))

    def memories(self) -> dict[str, Any]:
        """Return what each topic's pipeline remembered after the last of them."""
        if not self._files:
            return {}
        memories: dict[str, Any] = json.loads(str(_load(self._files[-1])['memories']))
        return memories

    def append(self, frame: FrameEmotions) -> None:
        """Note an estimate, which is kept with the next ``save``."""
        self._frames.append(frame)

    def save(self, memories: Mapping[str, Any]) -> None:
        """Keep what was noted, with what the pipelines remember after it, as JSON values."""
        self._total += len(self._frames)
        arrays = _arrays(self._frames) | {'memories': np.array(json.dumps(memories))}
        with (
            atomic_file(self._folder / f'{self._total:09d}{_SUFFIX}') as aside,
            aside.open('wb') as stream,
        ):
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        self._frames = []

    def remove(self) -> None:
        """Remove the folder: the replay has come to its end."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _load(file: Path) -> Arrays:
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _arrays(frames: Sequence[FrameEmotions]) -> Arrays:
    """Return a row per frame, and a row per face of them."""
    faces = [face for frame in frames for face in frame.faces]
    classes = frames[0].classes if frames else ()
    return {
        'classes': np.array(classes, np.str_),
        'stamps_s': np.array([frame.stamp_s for frame in frames], np.float64),
        'counts': np.array([len(frame.faces) for frame in frames], np.int64),
        'face_ids': np.array([face.face_id for face in faces], np.int64),
        'boxes': np.array([_edges(face.box) for face in faces], np.float64).reshape(-1, 5),
        'landmarks': np.array([face.landmarks.points_px for face in faces], np.float32).reshape(
            -1, 68, 2
        ),
        'emotions': np.array([face.emotion for face in faces], np.str_),
        'confidences': np.array([face.confidence for face in faces], np.float64),
        'probabilities': np.array([face.probabilities for face in faces], np.float32),
        'frame_probabilities': np.array([face.frame_probabilities for face in faces], np.float32),
    }


def _edges(box: FaceBox) -> tuple[float, ...]:
    return box.x0_px, box.y0_px, box.x1_px, box.y1_px, box.score


def _frames(arrays: Arrays) -> Iterator[FrameEmotions]:
    classes = tuple(str(name) for name in arrays['classes'])
    row = 0
    for stamp_s, count in zip(arrays['stamps_s'], arrays['counts'], strict=True):
        faces = tuple(_face(arrays, index) for index in range(row, row + count))
        row += count
        yield FrameEmotions(float(stamp_s), classes, faces)


def _face(arrays: Arrays, row: int) -> FaceEmotion:
    return FaceEmotion(
        int(arrays['face_ids'][row]),
        FaceBox(*(float(edge) for edge in arrays['boxes'][row])),
        Landmarks(arrays['landmarks'][row]),
        str(arrays['emotions'][row]),
        float(arrays['confidences'][row]),
        arrays['probabilities'][row],
        arrays['frame_probabilities'][row],
    )
