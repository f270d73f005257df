"""Tables about CREMA-D: models compared with human raters of the silent faces."""

from collections.abc import Mapping, Sequence

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
from fer_ros.labels import CREMA_D_CLASSES, CREMA_D_CODES
from fer_ros.metrics import bootstrap_sums, mean_recall, ratio

_LETTERS = {code[0]: CREMA_D_CLASSES.index(name) for code, name in CREMA_D_CODES.items()}

Entry = tuple[Clip, int, dict[str, int], list[int]]


def crowd_tables(judged: Judged, votes: Mapping[str, str]) -> list[Table]:
    """Compare the models with what most raters saw in the silent faces, on the same clips.

    Args:
        judged: Judged clips by fold.
        votes: The raters' choice by clip, as the letter ``A``, or ``A:D`` for a tie.

    Returns:
        Two tables; none without votes.
    """
    entries = [
        (clip, label, predicted, [_LETTERS[letter] for letter in votes[clip.name].split(':')])
        for clip, label, predicted in each_clip(judged)
        if votes.get(clip.name) and set(votes[clip.name].split(':')) <= set(_LETTERS)
    ]
    clear = [entry for entry in entries if len(entry[3]) == 1]
    if not entries:
        return []
    ties = len(entries) - len(clear)
    rows = [
        *_acted_rows(clear, f'{len(clear)} without a tie', judged),
        *_acted_rows(entries, f'all {len(entries)}, {ties} ties shared', judged),
    ]
    against: list[tuple[Cell, ...]] = []
    seen = np.array([crowd[0] for _, _, _, crowd in clear], np.int64)
    for stream in stream_names(judged):
        predictions = np.array([predicted[stream] for _, _, predicted, _ in clear], np.int64)
        against.append((stream, *clip_figures(predictions, seen, actors_of(clear))))
    figures = ('weighted accuracy', 'accuracy interval', 'unweighted recall', 'recall interval')
    return [
        Table(
            'crowd',
            'Raters of the silent face and the models on the same clips, against the acted '
            'emotion; 95 % bootstrap intervals over actors. A tie of k emotions counts as 1/k of '
            'a right answer if the acted one is among them',
            ('who', 'clips', *figures),
            tuple(rows),
        ),
        Table(
            'against_crowd',
            f'Clips against the label of the crowd ({len(clear)} without a tie); 95 % bootstrap '
            'intervals over actors',
            ('stream', *figures),
            tuple(against),
        ),
    ]


def _acted_rows(entries: Sequence[Entry], which: str, judged: Judged) -> list[tuple[Cell, ...]]:
    """Return rows with the figures of streams and crowd, against the acted emotion."""
    labels = np.array([label for _, label, _, _ in entries], np.int64)
    right = {
        stream: np.array([float(predicted[stream] == label) for _, label, predicted, _ in entries])
        for stream in stream_names(judged)
    }
    right['the crowd'] = np.array(
        [float(label in crowd) / len(crowd) for _, label, _, crowd in entries]
    )
    member = np.eye(len(CREMA_D_CLASSES))[labels]
    rows: list[tuple[Cell, ...]] = []
    for who, hits in right.items():
        counts = np.stack([hits, np.ones(len(hits))], axis=1)
        of_classes = np.concatenate([member * hits[:, None], member], axis=1)
        all_right = bootstrap_sums(ratio, counts, actors_of(entries))
        recall = bootstrap_sums(mean_recall, of_classes, actors_of(entries))
        rows.append((who, which, all_right.value, all_right.span(), recall.value, recall.span()))
    return rows
