"""Tables about CREMA-D clips: per frame and clip, by fold, and for whom it works how well."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_ros.data.crema_d import Clip, CremaD
from fer_ros.evaluation.report import Cell, Table
from fer_ros.evaluation.stills import class_table
from fer_ros.labels import CREMA_D_CLASSES, CREMA_D_CODES
from fer_ros.metrics import (
    Labels,
    accuracy,
    bootstrap,
    bootstrap_accuracy,
    flicker_hz,
    measure,
    unweighted_recall,
)
from fer_ros.structures import FloatArray

# Prediction for a clip in which no face was found: a class that no label has.
NO_FACE = len(CREMA_D_CLASSES)
_LETTERS = {code[0]: CREMA_D_CLASSES.index(name) for code, name in CREMA_D_CODES.items()}


@dataclass(frozen=True, eq=False)
class JudgedClips:
    """A fold's clips and what each stream says of them.

    Attributes:
        data: M clips with N frames that show a face.
        frames: ``(N, C)`` probabilities by stream.
        clips: ``(M,)`` predictions by stream, ``NO_FACE`` where there is none.
    """

    data: CremaD
    frames: dict[str, FloatArray]
    clips: dict[str, Labels]

    def acted(self) -> Labels:
        """Return ``(M,)`` the class of the acted emotion."""
        indices = [CREMA_D_CLASSES.index(clip.emotion) for clip in self.data.clips]
        return np.array(indices, np.int64)


Judged = Mapping[int, JudgedClips]


def stream_tables(judged: Judged) -> list[Table]:
    """Return the figures of each stream per frame and per clip, and per frame by class."""
    faces = [part.data.faces for part in judged.values()]
    labels = np.concatenate([part.labels() for part in faces])
    actors = np.concatenate([part.subjects for part in faces])
    clips = np.concatenate([part.clips for part in faces])
    stamps = np.concatenate([part.stamps_s for part in faces])
    acted = np.concatenate([part.acted() for part in judged.values()])
    clip_actors = np.array([str(clip.actor) for clip, _, _ in _each_clip(judged)])
    answers = {
        stream: np.concatenate([part.frames[stream] for part in judged.values()])
        for stream in _streams(judged)
    }
    frame_rows, clip_rows = [], []
    for stream, probabilities in answers.items():
        metrics = measure(probabilities, labels, CREMA_D_CLASSES)
        frame = probabilities.argmax(axis=1)
        frame_rows.append(
            (
                stream,
                metrics.accuracy,
                bootstrap_accuracy(frame, labels, actors).span(),
                metrics.unweighted_recall,
                metrics.macro_f1,
                metrics.calibration_error,
                flicker_hz(frame, clips, stamps),
            )
        )
        clip = np.concatenate([part.clips[stream] for part in judged.values()])
        recall = bootstrap(unweighted_recall, clip, acted, groups=clip_actors)
        clip_rows.append(
            (
                stream,
                accuracy(clip, acted),
                bootstrap_accuracy(clip, acted, clip_actors).span(),
                recall.value,
                recall.span(),
            )
        )
    return [
        Table(
            'clips',
            'Per clip (mean over its frames), with 95 % bootstrap intervals over actors',
            (
                'stream',
                'weighted accuracy',
                'accuracy interval',
                'unweighted recall',
                'recall interval',
            ),
            tuple(clip_rows),
        ),
        Table(
            'frames',
            'Per frame, about ten a second',
            (
                'stream',
                'accuracy',
                'accuracy interval',
                'unweighted recall',
                'macro F1',
                'calibration error (0 to 1)',
                'flicker (changes/s)',
            ),
            tuple(frame_rows),
        ),
        class_table(answers, labels, CREMA_D_CLASSES),
    ]


def fold_table(judged: Judged) -> Table:
    """Return weighted accuracy and unweighted recall of each fold's clips, and their mean."""
    streams = _streams(judged)
    figures = [
        [figure for stream in streams for figure in _figures(part.clips[stream], part.acted())]
        for part in judged.values()
    ]
    rows: list[tuple[Cell, ...]] = [
        (str(fold), len(part.data.clips), *row)
        for (fold, part), row in zip(judged.items(), figures, strict=True)
    ]
    clips = sum(len(part.data.clips) for part in judged.values())
    rows.append(('mean', clips, *(float(value) for value in np.nanmean(figures, axis=0))))
    if len(figures) > 1:
        spread = np.nanstd(figures, axis=0, ddof=1)
        rows.append(('standard deviation', clips, *(float(value) for value in spread)))
    columns = ['fold', 'clips']
    for stream in streams:
        columns += [f'{stream} accuracy', f'{stream} unweighted recall']
    return Table('folds', 'Clips by fold', tuple(columns), tuple(rows))


def fear_table(judged: Judged) -> Table:
    """Return how often frames of fear are taken for neutral, and the other way round."""
    labels = np.concatenate([part.data.faces.labels() for part in judged.values()])
    fear, neutral = CREMA_D_CLASSES.index('fear'), CREMA_D_CLASSES.index('neutral')
    rows: list[tuple[Cell, ...]] = []
    for stream in _streams(judged):
        frames = np.concatenate([part.frames[stream] for part in judged.values()])
        predicted = frames.argmax(axis=1)
        shares = [
            float((predicted[labels == shown] == taken_for).mean())
            if (labels == shown).any()
            else float('nan')
            for shown, taken_for in ((fear, neutral), (neutral, fear))
        ]
        rows.append((stream, *shares))
    return Table(
        'fear_neutral',
        'Frames of fear taken for neutral, and the other way round',
        ('stream', 'fear taken for neutral', 'neutral taken for fear'),
        tuple(rows),
    )


def crowd_table(judged: Judged, votes: Mapping[str, str]) -> list[Table]:
    """Compare with what most raters saw in the silent face; a tie is no label.

    Args:
        judged: By fold.
        votes: Letters by clip, as ``A`` or ``A:D``; the table is left out without any.
    """
    entries = [
        (_LETTERS[votes[clip.name]], label, predicted)
        for clip, label, predicted in _each_clip(judged)
        if votes.get(clip.name, '') in _LETTERS
    ]
    if not entries:
        return []
    crowd = np.array([seen for seen, _, _ in entries])
    rows: list[tuple[Cell, ...]] = [
        (stream, *_figures(np.array([predicted[stream] for _, _, predicted in entries]), crowd))
        for stream in _streams(judged)
    ]
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


def group_tables(judged: Judged, people: Mapping[str, Mapping[str, str]]) -> list[Table]:
    """Return the last stream's figures by acted intensity and by sex, age and race of the actors.

    Args:
        judged: By fold.
        people: Rows of ``VideoDemographics.csv`` by actor; empty where it is missing.
    """
    stream = _streams(judged)[-1]
    entries = [(clip, label, seen[stream]) for clip, label, seen in _each_clip(judged)]
    tables = [_group_table(entries, 'level', 'acted intensity', lambda clip: clip.level, stream)]
    kinds: tuple[tuple[str, Callable[[Mapping[str, str]], str]], ...] = (
        ('sex', lambda person: person['Sex']),
        ('age', lambda person: _age_group(person['Age'])),
        ('race', lambda person: person['Race']),
    )
    for name, kind in kinds if people else ():
        groups = {actor: kind(person) for actor, person in people.items()}
        title = f"the actor's {name}"
        tables.append(_group_table(entries, name, title, _by_actor(groups), stream))
    return tables


def _streams(judged: Judged) -> tuple[str, ...]:
    return tuple(next(iter(judged.values())).frames)


def _each_clip(judged: Judged) -> Iterator[tuple[Clip, int, dict[str, int]]]:
    """Yield each clip with its acted class and the prediction of each stream."""
    for part in judged.values():
        for index, (clip, label) in enumerate(zip(part.data.clips, part.acted(), strict=True)):
            yield clip, int(label), {s: int(p[index]) for s, p in part.clips.items()}


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
    if not len(labels):
        return float('nan'), float('nan')
    return accuracy(predictions, labels), unweighted_recall(predictions, labels)


def _age_group(age: str) -> str:
    years = int(age)
    if years < 30:
        return '20 to 29'
    return '30 to 44' if years < 45 else '45 and older'
