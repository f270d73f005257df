"""Tables about CREMA-D: per frame, clip and fold, and by groups of actors."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fer_ros.data.crema_d import Clip
from fer_ros.evaluation.judged_clips import (
    Judged,
    actors_of,
    clip_figures,
    each_clip,
    stream_names,
)
from fer_ros.evaluation.report import Cell, Table
from fer_ros.evaluation.stills import (
    STREAM_COLUMNS,
    class_table,
    difference_tables,
    stream_figures,
)
from fer_ros.labels import CREMA_D_CLASSES
from fer_ros.metrics import (
    Labels,
    accuracy,
    bootstrap_accuracy,
    bootstrap_recall,
    flicker_hz,
    unweighted_recall,
)


def stream_tables(judged: Judged) -> list[Table]:
    """Return tables of the figures of each stream per clip and per frame, and by class."""
    faces = [part.data.faces for part in judged.values()]
    labels = np.concatenate([part.labels() for part in faces])
    actors = np.concatenate([part.subjects for part in faces])
    clips = np.concatenate([part.clips for part in faces])
    stamps = np.concatenate([part.stamps_s for part in faces])
    acted = np.concatenate([part.acted() for part in judged.values()])
    clip_actors = np.array([str(clip.actor) for clip, _, _ in each_clip(judged)])
    answers = {
        stream: np.concatenate([part.frames[stream] for part in judged.values()])
        for stream in stream_names(judged)
    }
    frame_rows, clip_rows, of_clips = [], [], {}
    for stream, probabilities in answers.items():
        frame_rows.append(
            (
                stream,
                *stream_figures(probabilities, labels, CREMA_D_CLASSES, actors),
                flicker_hz(probabilities.argmax(axis=1), clips, stamps),
            )
        )
        clip = np.concatenate([part.clips[stream] for part in judged.values()])
        of_clips[stream] = clip
        recall = bootstrap_recall(clip, acted, len(CREMA_D_CLASSES), clip_actors)
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
            'Per frame, about ten per second; 95 % bootstrap intervals over actors',
            (
                'stream',
                *STREAM_COLUMNS,
                'flicker (changes/s)',
            ),
            tuple(frame_rows),
        ),
        *difference_tables(
            of_clips,
            acted,
            len(CREMA_D_CLASSES),
            clip_actors,
            'clip_differences',
            'Paired differences between streams on the clips, in points; 95 % bootstrap intervals '
            'over actors',
        ),
        *difference_tables(
            {stream: rows.argmax(axis=1) for stream, rows in answers.items()},
            labels,
            len(CREMA_D_CLASSES),
            actors,
            'frame_differences',
            'Paired differences between streams on the frames, in points; 95 % bootstrap '
            'intervals over actors',
        ),
        class_table(answers, labels, CREMA_D_CLASSES, actors, 'actors'),
    ]


def fold_table(judged: Judged) -> Table:
    """Return a table of accuracy and unweighted recall by fold, their mean and deviation."""
    streams = stream_names(judged)
    figures = [
        [figure for stream in streams for figure in _both(part.clips[stream], part.acted())]
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
    """Return a table of how often fear is mistaken for neutral, and neutral for fear."""
    labels = np.concatenate([part.data.faces.labels() for part in judged.values()])
    actors = np.concatenate([part.data.faces.subjects for part in judged.values()])
    fear, neutral = CREMA_D_CLASSES.index('fear'), CREMA_D_CLASSES.index('neutral')
    rows: list[tuple[Cell, ...]] = []
    for stream in stream_names(judged):
        frames = np.concatenate([part.frames[stream] for part in judged.values()])
        predicted = frames.argmax(axis=1)
        row: list[Cell] = [stream]
        for shown, taken_for in ((fear, neutral), (neutral, fear)):
            inside = labels == shown
            wanted = np.full(int(inside.sum()), taken_for)
            found = bootstrap_accuracy(predicted[inside], wanted, actors[inside])
            row += [found.value, found.span()]
        rows.append(tuple(row))
    return Table(
        'fear_neutral',
        'Frames of fear mistaken for neutral, and of neutral mistaken for fear; 95 % bootstrap '
        'intervals over actors',
        ('stream', 'fear taken for neutral', 'interval', 'neutral taken for fear', 'interval '),
        tuple(rows),
    )


def group_tables(judged: Judged, people: Mapping[str, Mapping[str, str]]) -> list[Table]:
    """Return tables of the last stream's figures by acted intensity, sex, age and race.

    Args:
        judged: Judged clips by fold.
        people: Rows of ``VideoDemographics.csv`` by actor; empty if the file is missing.
    """
    stream = stream_names(judged)[-1]
    entries = [(clip, label, seen[stream]) for clip, label, seen in each_clip(judged)]
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
    actors = actors_of(entries)
    rows = []
    for group in np.unique(groups):
        inside = groups == group
        rows.append(
            (
                str(group),
                int(inside.sum()),
                len(np.unique(actors[inside])),
                *clip_figures(predictions[inside], labels[inside], actors[inside]),
            )
        )
    return Table(
        f'by_{name}',
        f'Clips by {title} ({stream}); 95 % bootstrap intervals over actors',
        (
            title,
            'clips',
            'actors',
            'weighted accuracy',
            'accuracy interval',
            'unweighted recall',
            'recall interval',
        ),
        tuple(rows),
    )


def _age_group(age: str) -> str:
    years = int(age)
    if years < 30:
        return '20 to 29'
    return '30 to 44' if years < 45 else '45 and older'


def _both(predictions: Labels, labels: Labels) -> tuple[float, float]:
    if not len(labels):
        return float('nan'), float('nan')
    return accuracy(predictions, labels), unweighted_recall(predictions, labels)
