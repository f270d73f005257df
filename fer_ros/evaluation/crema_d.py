"""Evaluation on CREMA-D: the clips of each fold, by a model that has not seen their actors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fer_ros.counted import counted
from fer_ros.data.crema_d import CremaD, find_clips, load_crema_d, read_table
from fer_ros.data.lineage import other_folds, seen_by
from fer_ros.errors import DatasetError, SettingError
from fer_ros.evaluation.crema_d_crowd import crowd_tables
from fer_ros.evaluation.crema_d_tables import (
    fear_table,
    fold_table,
    group_tables,
    stream_tables,
)
from fer_ros.evaluation.judged_clips import NO_FACE, JudgedClips
from fer_ros.evaluation.predictions import (
    aligned_faces,
    answers_for,
    describe_mapping,
    describe_model,
    smoothed,
    stream_to_smooth,
    streams_of,
)
from fer_ros.evaluation.report import Evaluation
from fer_ros.evaluation.settings import NO_SYNTHETIC_CLIPS, EvaluateSettings
from fer_ros.inference.classifier import Classifier
from fer_ros.inference.prior_correction import AS_TRAINED
from fer_ros.labels import CREMA_D_CLASSES
from fer_ros.metrics import Labels, measure
from fer_ros.progress import ProgressBar
from fer_ros.structures import FloatArray

_MOST_NAMES = 20


def evaluate_crema_d(settings: EvaluateSettings, cache: Path) -> Evaluation:
    """Judge a model, or the model of each fold, on the clips of the folds' actors.

    Args:
        settings: Settings of the evaluation.
        cache: Folder for prepared data.

    Raises:
        DatasetError: The folder contains no clip of the fold, or none that can be read.
        ModelFileError: A model cannot be loaded.
        SettingError: A model lacks a requested stream or was trained on actors that it would be
            judged on, or a setting does not apply to clips.
    """
    if settings.robustness:
        raise SettingError('robustness applies to stills only: FER+ or a folder of pictures')
    if settings.changes:
        raise SettingError('changes applies to clips made of stills, but the data has its own')
    if settings.severity is not None:
        raise SettingError(NO_SYNTHETIC_CLIPS)
    clips = [clip for clip in find_clips(settings.data) if settings.fold in (0, clip.fold)]
    if not clips:
        raise DatasetError(f'{settings.data} contains no CREMA-D clip of fold {settings.fold}')
    # Before the long work, so that a missing or unsuitable model is refused at once.
    models = {fold: _load(settings, fold) for fold in sorted({clip.fold for clip in clips})}
    data = load_crema_d(clips, cache)
    judged = {
        fold: _judge(settings, classifier, data.of_fold(fold))
        for fold, classifier in models.items()
    }
    votes = read_table(settings.data, 'summaryTable.csv')
    people = read_table(settings.data, 'VideoDemographics.csv')
    missing = sorted({row['FileName'] for row in votes} - {clip.name for clip in clips})
    known = next(iter(models.values())).config.classes
    return Evaluation(
        f'CREMA-D, {len(data.clips)} clips, folds {", ".join(map(str, models))}',
        _notes(models, data, judged),
        (
            *stream_tables(judged),
            fold_table(judged),
            fear_table(judged),
            *crowd_tables(judged, {row['FileName']: row['FaceVote'] for row in votes}),
            *group_tables(judged, {row['ActorID']: row for row in people}),
        ),
        mapping=tuple(describe_mapping(known, CREMA_D_CLASSES)),
        endnotes=(*data.problems, *_missing(missing if settings.fold == 0 else [])),
        confusions={
            f'{stream}_frames': measure(
                np.concatenate([part.frames[stream] for part in judged.values()]),
                data.faces.labels(),
                CREMA_D_CLASSES,
            )
            for stream in next(iter(judged.values())).frames
            if stream != AS_TRAINED
        },
    )


def _load(settings: EvaluateSettings, fold: int) -> Classifier:
    path = Path(str(settings.model).replace('{fold}', str(fold)))
    classifier = settings.load(path)
    others = other_folds(classifier.figures, 'crema_d', fold)
    if others:
        raise SettingError(
            f'model {path} was trained for fold {", ".join(map(str, others))}, or descends from '
            f'one that was, and has seen actors of fold {fold}: give a model for each fold with '
            f'{{fold}} in its path, or add --fold {others[0]}'
        )
    return classifier


def _judge(settings: EvaluateSettings, classifier: Classifier, data: CremaD) -> JudgedClips:
    streams = streams_of(classifier, settings.streams)
    faces = data.faces
    bar = ProgressBar(
        aligned_faces(faces, classifier.config.crop_px), 'faces', len(faces), unit=' faces'
    )
    frames = answers_for(classifier, bar, streams, CREMA_D_CLASSES)
    if 'smoothed' in settings.streams:
        frames['smoothed'] = smoothed(
            frames[stream_to_smooth(streams)],
            faces.clips,
            faces.stamps_s,
            settings.smoothing,
        )
    clips = {stream: _clip_predictions(rows, data) for stream, rows in frames.items()}
    return JudgedClips(data, frames, clips)


def _clip_predictions(probabilities: FloatArray, data: CremaD) -> Labels:
    """Return ``(M,)`` the class with the highest mean probability over each clip's frames."""
    number = {clip.name: index for index, clip in enumerate(data.clips)}
    index = np.array([number[name] for name in data.faces.clips], np.int64)
    sums = np.zeros((len(data.clips), len(CREMA_D_CLASSES)))
    np.add.at(sums, index, probabilities)
    return np.where(sums.any(axis=1), sums.argmax(axis=1), NO_FACE)


def _notes(
    models: Mapping[int, Classifier], data: CremaD, judged: Mapping[int, JudgedClips]
) -> tuple[str, ...]:
    first = next(iter(models.values()))
    streams = [name for name in next(iter(judged.values())).frames if name != 'smoothed']
    apart = all(
        any(entry.get('dataset') == 'crema_d' for entry in seen_by(model.figures))
        for model in models.values()
    )
    seen = (
        'The actors of each fold are not in the clips that its model was trained or selected on.'
        if apart
        else 'The model was not trained on CREMA-D.'
    )
    return (
        describe_model(first, streams),
        f'The label is the acted emotion. {seen}',
        *data.faces.notes,
        'Frames without a face are not judged as frames; clips without any count as wrong.',
    )


def _missing(names: list[str]) -> list[str]:
    if not names:
        return []
    shown = ', '.join(names[:_MOST_NAMES]) + (', …' if len(names) > _MOST_NAMES else '')
    return [f'Missing: {counted(len(names), "clip")} that summaryTable.csv lists: {shown}.']
