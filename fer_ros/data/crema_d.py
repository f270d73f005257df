"""CREMA-D (Cao et al. 2014): 7,442 clips of 91 actors, read from the downloaded video folder."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from fer_ros.data.cache import Arrays, cache_key, load_prepared, prepare
from fer_ros.data.dataset import Dataset
from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.data.landmarked_pictures import CHIP_PX, METHOD, cut_chip, stages
from fer_ros.errors import DatasetError, SourceError
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.face.observer import FaceObserver
from fer_ros.face.tracker import TrackerSettings
from fer_ros.labels import CREMA_D_CLASSES, CREMA_D_CODES
from fer_ros.media.image_source import ImageSource

FOLDS = (1, 2, 3, 4, 5)
# First actor of each fold; the folds share no actor.
_FIRST_ACTOR = (1001, 1019, 1037, 1055, 1073)
_LAST_ACTOR = 1091
_NAME = re.compile(r'(\d{4})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX|X)')
_SUFFIXES = ('.flv', '.mp4')

# Frames kept per second of a clip.
_RATE_HZ = 10.0
# Detects more often than a robot could afford, so that a missed face costs few frames.
_TRACKING = TrackerSettings(detect_interval_s=0.1, detect_delay_s=0)


@dataclass(frozen=True)
class Clip:
    """A clip, described by its file name.

    Attributes:
        name: File name without suffix.
        path: Path of the file.
        actor: Number of the actor, 1001 to 1091.
        sentence: Code of the spoken sentence, such as ``DFA``.
        emotion: Acted emotion.
        level: Intensity of the emotion: LO, MD, HI, or XX if unspecified.
    """

    name: str
    path: Path
    actor: int
    sentence: str
    emotion: str
    level: str

    @property
    def fold(self) -> int:
        """Fold 1 to 5 in which this actor's clips are the test clips."""
        return sum(self.actor >= first for first in _FIRST_ACTOR)


@dataclass(frozen=True, eq=False)
class CremaD:
    """The faces in some clips.

    Attributes:
        faces: One face for each sampled frame in which one was found; its ``clips`` are names of
            ``clips``.
        clips: Clips that could be read, in order of their names.
        frames: Number of sampled frames of each clip.
        frames_without_face: Number of those in which no face was found.
        problems: A sentence for each clip that could not be read, or not to its end.
    """

    faces: FaceSet
    clips: tuple[Clip, ...]
    frames: tuple[int, ...]
    frames_without_face: tuple[int, ...]
    problems: tuple[str, ...]

    def of_fold(self, fold: int) -> 'CremaD':
        """Return the clips of a fold's actors, without ``problems``."""
        chosen = [index for index, clip in enumerate(self.clips) if clip.fold == fold]
        clips = tuple(self.clips[index] for index in chosen)
        faces = self.faces.select(np.isin(self.faces.clips, [clip.name for clip in clips]))
        return CremaD(
            faces,
            clips,
            tuple(self.frames[index] for index in chosen),
            tuple(self.frames_without_face[index] for index in chosen),
            (),
        )


def find_clips(folder: Path) -> tuple[Clip, ...]:
    """Return the clips in a folder, sorted by name.

    Raises:
        DatasetError: The folder does not exist or contains no clip.
    """
    if not folder.is_dir():
        raise DatasetError(f'CREMA-D folder {folder} does not exist')
    clips = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.stem)
        if match is None or path.suffix.lower() not in _SUFFIXES:
            continue
        actor, sentence, code, level = match.groups()
        if code in CREMA_D_CODES and _FIRST_ACTOR[0] <= int(actor) <= _LAST_ACTOR:
            emotion = CREMA_D_CODES[code]
            # One file name ends in X instead of XX.
            level = 'XX' if level == 'X' else level
            clips[path.stem] = Clip(path.stem, path, int(actor), sentence, emotion, level)
    if not clips:
        raise DatasetError(
            f'{folder} contains no CREMA-D clip, expected files like 1001_DFA_ANG_XX.flv (or .mp4)'
        )
    return tuple(clips[name] for name in sorted(clips))


def load_crema_d(clips: Sequence[Clip], cache: Path, progress: bool = True) -> CremaD:
    """Find and follow the face in each clip.

    Faces are tracked through every frame, as on a robot; about ten frames per second are kept.

    Args:
        clips: Clips returned by ``find_clips``.
        cache: Folder for the prepared faces.
        progress: Whether to show a progress bar.

    Raises:
        DatasetError: No clip could be read.
        ModelFileError: The landmark model is missing.
    """
    LandmarkPredictor()
    method = f'crema-d {METHOD} rate={_RATE_HZ} {_TRACKING}'
    keys = {clip.name: cache_key(method, clip.name.encode(), _content(clip)) for clip in clips}
    tasks = {keys[clip.name]: clip.path for clip in clips}
    damaged = prepare(_prepare_clip, tasks, cache, 'clips', None, progress)
    readable = [clip for clip in clips if keys[clip.name] not in damaged]
    if not readable:
        raise DatasetError(
            f'none of {len(clips)} CREMA-D clips can be read: {min(damaged.values())}'
        )
    parts = [load_prepared(cache, keys[clip.name]) for clip in readable]
    problems = [f'Left out: {damaged[k]}.' for k in keys.values() if k in damaged]
    for clip, part in zip(readable, parts, strict=True):
        read, said = int(part['frames_read']), int(part['frames_said'])
        # The frame count in the header of a video is often off by a few.
        if read < 0.9 * said:
            problems.append(f'Cut: {clip.path} ends after {read} of {said} frames.')
    counts = [len(part['chips']) for part in parts]
    labels = np.array([CREMA_D_CLASSES.index(clip.emotion) for clip in readable])
    faces = FaceSet(
        np.concatenate([part['chips'] for part in parts]),
        np.concatenate([part['landmarks_px'] for part in parts]),
        one_hot(np.repeat(labels, counts), len(CREMA_D_CLASSES)),
        CREMA_D_CLASSES,
        subjects=np.repeat([str(clip.actor) for clip in readable], counts),
        clips=np.repeat([clip.name for clip in readable], counts),
        stamps_s=np.concatenate([part['stamps_s'] for part in parts]),
        notes=(_note(len(readable), [int(part['frames']) for part in parts], counts),),
    )
    return CremaD(
        faces,
        tuple(readable),
        tuple(int(part['frames']) for part in parts),
        tuple(int(part['frames'] - len(part['chips'])) for part in parts),
        tuple(problems),
    )


def load_crema_d_split(
    folder: Path, fold: int, split: str, cache: Path, progress: bool = True
) -> CremaD:
    """Load the training, validation or test clips of a fold.

    The fold's own actors are the test split, those of the next fold validation, the others
    training.

    Args:
        folder: Folder of the clips.
        fold: Number of the fold, 1 to 5.
        split: ``train``, ``validation`` or ``test``.
        cache: Folder for the prepared faces.
        progress: Whether to show a progress bar.

    Raises:
        DatasetError: The folder contains no clip of the split.
    """
    validation = fold % len(FOLDS) + 1
    of_split = {
        'test': (fold,),
        'validation': (validation,),
        'train': tuple(other for other in FOLDS if other not in (fold, validation)),
    }[split]
    clips = [clip for clip in find_clips(folder) if clip.fold in of_split]
    if not clips:
        raise DatasetError(f'{folder} contains no CREMA-D clip of fold {fold}, split {split}')
    return load_crema_d(clips, cache, progress=progress)


def read_table(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a table that is published with the clips; empty if it is not found.

    Args:
        folder: Folder of the clips. The table is searched for there, in its parent, and in the
            parent's ``processedResults``, as in the published repository.
        name: ``summaryTable.csv`` or ``VideoDemographics.csv``.
    """
    for place in (folder, folder.parent, folder.parent / 'processedResults'):
        if (place / name).is_file():
            with (place / name).open(newline='', encoding='utf-8') as stream:
                return list(csv.DictReader(stream))
    return []


def _note(clips: int, frames: Sequence[int], with_face: Sequence[int]) -> str:
    empty = sum(count == 0 for count in with_face)
    return (
        f'CREMA-D: {clips} clips, {sum(frames)} frames, {sum(frames) - sum(with_face)} of them '
        f'without a face; {empty} clips show none at all.'
    )


def _content(clip: Clip) -> bytes:
    try:
        return clip.path.read_bytes()
    except OSError:
        # Reported as a problem of the clip when it is opened.
        return b''


def _prepare_clip(path: Path) -> Arrays:
    detector, predictor = stages()
    observer = FaceObserver(detector, predictor, CHIP_PX // 2)
    observer.settings = _TRACKING
    chips, landmarks, stamps = [], [], []
    frames = read = 0
    try:
        source = ImageSource(str(path))
        every = max(1, round(source.rate_hz / _RATE_HZ))
        for read, image in enumerate(source, 1):
            gray = np.asarray(cv2.cvtColor(image.bgr, cv2.COLOR_BGR2GRAY), np.uint8)
            stamp_s = (read - 1) / source.rate_hz
            seen = observer.observe(gray, stamp_s)
            if (read - 1) % every:
                continue
            frames += 1
            if seen:
                # There is one actor; a second face is a false detection.
                face = max(seen, key=lambda face: face.face.box.width_px)
                chip, points = cut_chip(gray, face.landmarks)
                chips.append(chip)
                landmarks.append(points)
                stamps.append(stamp_s)
    except SourceError as error:
        raise DatasetError(str(error)) from error
    if not frames:
        raise DatasetError(f'clip {path} contains no frame')
    return {
        'chips': np.array(chips, np.uint8).reshape(-1, CHIP_PX, CHIP_PX),
        'landmarks_px': np.array(landmarks, np.float32).reshape(-1, 68, 2),
        'stamps_s': np.array(stamps, np.float64),
        'frames': np.array(frames),
        'frames_read': np.array(read),
        'frames_said': np.array(source.count),
    }


def _load(path: Path, split: str, fold: int, cache: Path, progress: bool) -> FaceSet:
    data = load_crema_d_split(path, fold, split, cache, progress)
    return replace(data.faces, notes=(*data.faces.notes, *data.problems))


def _lies_at(path: Path) -> bool:
    try:
        return bool(find_clips(path))
    except DatasetError:
        return False


CREMA_D = Dataset('crema_d', 'CREMA-D', _lies_at, _load, len(FOLDS))
