"""Evaluation on CREMA-D: per frame and per clip, by fold, and for whom it works how well."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from fer_ros.answers import aligned_faces, ask, describe_mapping, in_classes_of, smoothed
from fer_ros.classifier import Classifier
from fer_ros.data.crema_d import (
    Clip,
    CremaD,
    find_clips,
    load_crema_d,
    read_table,
)
from fer_ros.errors import DatasetError
from fer_ros.evaluate_clips import group_interval
from fer_ros.evaluate_settings import EvaluateSettings
from fer_ros.evaluation_report import Cell, Evaluation, Table
from fer_ros.labels import CREMA_D_CLASSES, CREMA_D_CODES
from fer_ros.metrics import Labels, accuracy, flicker_hz, measure, unweighted_recall
from fer_ros.structures import FloatArray

# Prediction for a clip in which no face was found: a class that no label has.
_NONE = len(CREMA_D_CLASSES)
_LETTERS = {code[0]: CREMA_D_CLASSES.index(name) for code, name in CREMA_D_CODES.items()}


@dataclass(frozen=True, eq=False)
class _Judged:
    """A fold's clips and what each stream says of them.

    Attributes:
        frames: ``(N, C)`` probabilities by stream, of each frame with a face.
        clips: ``(M,)`` predictions by stream: the class of the highest mean over the frames.
    """

    data: CremaD
    frames: dict[str, FloatArray]
    clips: dict[str, Labels]


def evaluate_crema_d(settings: EvaluateSettings, cache: Path) -> Evaluation:
    """Judge a model, or the model of each fold, on the clips of the folds' actors.

    Raises:
        DatasetError: The folder holds no clip of the fold, or none can be read.
        ModelFileError: A model cannot be loaded.
        SettingError: A model does not have a stream that was asked for.
    """
    of_fold: dict[int, list[Clip]] = {}
    for clip in find_clips(settings.data):
        if settings.fold in (0, clip.fold):
            of_fold.setdefault(clip.fold, []).append(clip)
    if not of_fold:
        raise DatasetError(f'{settings.data} holds no CREMA-D clip of fold {settings.fold}')
    judged = {}
    classes: tuple[str, ...] = ()
    for fold, clips in sorted(of_fold.items()):
        model = Path(str(settings.model).replace('{fold}', str(fold)))
        classifier = settings.load(model)
        classes = classifier.config.classes
        judged[fold] = _judge(settings, classifier, load_crema_d(clips, cache))
    return Evaluation(
        f'CREMA-D, {sum(len(part.data.clips) for part in judged.values())} clips, '
        f'actor-disjoint folds {", ".join(map(str, judged))}',
        _notes(settings, judged, classes),
        (
            _stream_table(judged),
            _fold_table(judged),
            _fear_table(judged),
            *_crowd_tables(settings.data, judged),
            *_group_tables(settings.data, judged),
        ),
        {
            f'{stream}_frames': measure(
                np.concatenate([part.frames[stream] for part in judged.values()]),
                np.concatenate([part.data.faces.labels() for part in judged.values()]),
                CREMA_D_CLASSES,
            )
            for stream in _streams(judged)
        },
    )


def _judge(settings: EvaluateSettings, classifier: Classifier, data: CremaD) -> _Judged:
    streams = [name for name in settings.streams if name != 'smoothed']
    streams = streams or [classifier.config.stream]
    faces = data.faces
    bar = tqdm(aligned_faces(faces, classifier.config.crop_px), 'faces', len(faces), unit='face')
    frames = {
        stream: in_classes_of(rows, classifier.config.classes, CREMA_D_CLASSES)
        for stream, rows in ask(classifier, bar, streams).items()
    }
    if 'smoothed' in settings.streams:
        last = 'fused' if 'fused' in frames else streams[-1]
        frames['smoothed'] = smoothed(
            frames[last], faces.clips, faces.stamps_s, settings.time_constant_s
        )
    clips = {stream: _clip_predictions(rows, data) for stream, rows in frames.items()}
    return _Judged(data, frames, clips)


def _clip_predictions(probabilities: FloatArray, data: CremaD) -> Labels:
    number = {clip.name: index for index, clip in enumerate(data.clips)}
    index = np.array([number[name] for name in data.faces.clips], np.int64)
    sums = np.zeros((len(data.clips), len(CREMA_D_CLASSES)))
    np.add.at(sums, index, probabilities)
    return np.where(sums.any(axis=1), sums.argmax(axis=1), _NONE)


def _streams(judged: Mapping[int, _Judged]) -> tuple[str, ...]:
    return tuple(next(iter(judged.values())).frames)


def _acted(data: CremaD) -> Labels:
    return np.array([CREMA_D_CLASSES.index(clip.emotion) for clip in data.clips])


def _all_clips(judged: Mapping[int, _Judged]) -> Iterator[tuple[Clip, int, dict[str, int]]]:
    """Yield each clip with its acted class and the prediction of each stream."""
    for part in judged.values():
        for index, (clip, label) in enumerate(
            zip(part.data.clips, _acted(part.data), strict=True)
        ):
            yield clip, int(label), {s: int(p[index]) for s, p in part.clips.items()}


def _notes(
    settings: EvaluateSettings, judged: Mapping[int, _Judged], classes: tuple[str, ...]
) -> tuple[str, ...]:
    frames = sum(sum(part.data.frames) for part in judged.values())
    without = sum(sum(part.data.frames_without_face) for part in judged.values())
    empty = sum(int((next(iter(p.clips.values())) == _NONE).sum()) for p in judged.values())
    problems = [problem for part in judged.values() for problem in part.data.problems]
    return (
        f'Model {settings.model}; the label is the acted emotion; no actor is both in the test '
        'clips of a fold and in the training clips of its model.'
        if '{fold}' in str(settings.model)
        else f'Model {settings.model}, the same for all folds; the label is the acted emotion.',
        f'{without} of {frames} frames showed no face and are not judged as frames; {empty} clips '
        'without any face count as wrong.',
        *describe_mapping(classes, CREMA_D_CLASSES),
        *(f'Left out: {problem}.' for problem in problems),
    )


def _stream_table(judged: Mapping[int, _Judged]) -> Table:
    faces = [part.data.faces for part in judged.values()]
    labels = np.concatenate([part.labels() for part in faces])
    actors = np.concatenate([part.subjects for part in faces])
    clips = np.concatenate([part.clips for part in faces])
    stamps = np.concatenate([part.stamps_s for part in faces])
    entries = list(_all_clips(judged))
    acted = np.array([label for _, label, _ in entries])
    clip_actors = np.array([str(clip.actor) for clip, _, _ in entries])
    rows = []
    for stream in _streams(judged):
        probabilities = np.concatenate([part.frames[stream] for part in judged.values()])
        frame = probabilities.argmax(axis=1)
        clip = np.array([predicted[stream] for _, _, predicted in entries])
        rows.append(
            (
                stream,
                accuracy(frame, labels),
                group_interval(frame, labels, actors),
                unweighted_recall(frame, labels),
                accuracy(clip, acted),
                group_interval(clip, acted, clip_actors),
                unweighted_recall(clip, acted),
                flicker_hz(frame, clips, stamps),
            )
        )
    return Table(
        'streams',
        'Per frame and per clip, with 95 % bootstrap intervals over actors',
        (
            'stream',
            'frames: accuracy',
            'frames: interval',
            'frames: unweighted recall',
            'clips: weighted accuracy',
            'clips: interval',
            'clips: unweighted recall',
            'flicker (changes/s)',
        ),
        tuple(rows),
    )


def _fold_table(judged: Mapping[int, _Judged]) -> Table:
    streams = _streams(judged)
    rows: list[tuple[Cell, ...]] = []
    for fold, part in judged.items():
        acted = _acted(part.data)
        row: list[Cell] = [str(fold), len(part.data.clips)]
        for stream in streams:
            row += [
                accuracy(part.clips[stream], acted),
                unweighted_recall(part.clips[stream], acted),
            ]
        rows.append(tuple(row))
    figures = np.array([row[2:] for row in rows], np.float64)
    clips = sum(len(part.data.clips) for part in judged.values())
    rows.append(('mean', clips, *map(float, figures.mean(axis=0))))
    rows.append(('standard deviation', '', *map(float, figures.std(axis=0))))
    columns = ['fold', 'clips']
    for stream in streams:
        columns += [f'{stream} accuracy', f'{stream} unweighted recall']
    return Table('folds', 'Clips by fold', tuple(columns), tuple(rows))


def _fear_table(judged: Mapping[int, _Judged]) -> Table:
    labels = np.concatenate([part.data.faces.labels() for part in judged.values()])
    fear, neutral = CREMA_D_CLASSES.index('fear'), CREMA_D_CLASSES.index('neutral')
    rows = []
    for stream in _streams(judged):
        frames = np.concatenate([part.frames[stream] for part in judged.values()])
        predicted = frames.argmax(axis=1)
        rows.append(
            (
                stream,
                _share(predicted[labels == fear] == neutral),
                _share(predicted[labels == neutral] == fear),
            )
        )
    return Table(
        'fear_neutral',
        'Frames of fear taken for neutral, and the other way round',
        ('stream', 'fear taken for neutral', 'neutral taken for fear'),
        tuple(rows),
    )


def _share(hits: npt.NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else float('nan')


def _crowd_tables(folder: Path, judged: Mapping[int, _Judged]) -> list[Table]:
    """Compare with what most raters saw in the silent face; ties have no label."""
    votes = {row['FileName']: row['FaceVote'] for row in read_table(folder, 'summaryTable.csv')}
    entries = [
        (_LETTERS[votes[clip.name]], label, predicted)
        for clip, label, predicted in _all_clips(judged)
        if votes.get(clip.name, '') in _LETTERS
    ]
    if not entries:
        return []
    crowd = np.array([seen for seen, _, _ in entries])
    rows: list[tuple[Cell, ...]] = []
    for stream in _streams(judged):
        predictions = np.array([predicted[stream] for _, _, predicted in entries])
        rows.append((stream, accuracy(predictions, crowd), unweighted_recall(predictions, crowd)))
    acted = np.array([label for _, label, _ in entries])
    rows.append(('the crowd itself, against the acted emotion', *_figures(crowd, acted)))
    return [
        Table(
            'crowd',
            f'Clips against the label of the crowd (silent face, {len(entries)} without a tie)',
            ('stream', 'weighted accuracy', 'unweighted recall'),
            tuple(rows),
        )
    ]


def _group_tables(folder: Path, judged: Mapping[int, _Judged]) -> list[Table]:
    people = {row['ActorID']: row for row in read_table(folder, 'VideoDemographics.csv')}
    stream = _streams(judged)[-1]
    entries = [(clip, label, seen[stream]) for clip, label, seen in _all_clips(judged)]
    tables = [_group_table(entries, 'level', 'acted intensity', lambda clip: clip.level, stream)]
    if people:
        of_actor: tuple[tuple[str, str, Callable[[dict[str, str]], str]], ...] = (
            ('sex', "the actor's sex", lambda person: person['Sex']),
            ('age', "the actor's age", lambda person: _age_group(person['Age'])),
            ('race', "the actor's race", lambda person: person['Race']),
        )
        for name, title, kind in of_actor:
            groups = {actor: kind(person) for actor, person in people.items()}
            tables.append(_group_table(entries, name, title, _by_actor(groups), stream))
    return tables


def _by_actor(groups: Mapping[str, str]) -> Callable[[Clip], str]:
    return lambda clip: groups.get(str(clip.actor), 'unknown')


def _group_table(
    entries: Sequence[tuple[Clip, int, int]],
    name: str,
    title: str,
    group_of: Callable[[Clip], str],
    stream: str,
) -> Table:
    groups = np.array([group_of(clip) for clip, _, _ in entries])
    labels = np.array([label for _, label, _ in entries])
    predictions = np.array([predicted for _, _, predicted in entries])
    rows = []
    for group in np.unique(groups):
        inside = groups == group
        rows.append(
            (str(group), int(inside.sum()), *_figures(predictions[inside], labels[inside]))
        )
    return Table(
        f'by_{name}',
        f'Clips by {title} ({stream})',
        (title, 'clips', 'weighted accuracy', 'unweighted recall'),
        tuple(rows),
    )


def _figures(predictions: Labels, labels: Labels) -> tuple[float, float]:
    return accuracy(predictions, labels), unweighted_recall(predictions, labels)


def _age_group(age: str) -> str:
    years = int(age)
    if years < 30:
        return '20 to 29'
    return '30 to 44' if years < 45 else '45 and older'
