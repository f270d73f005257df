"""Evaluation of a model on a data set, as by ``fer-ros evaluate``."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.atomic_file import require_folder, sole_writer
from fer_ros.data.cache import CACHE
from fer_ros.data.crema_d import CREMA_D
from fer_ros.data.dataset import Dataset
from fer_ros.data.datasets import (
    dataset_at,
    dataset_named,
    load_faces,
    mark_seen,
    require_fold,
)
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import FERPLUS, load_ferplus
from fer_ros.data.lineage import folds_seen, has_seen_copies, seen_by
from fer_ros.data.synthetic_clips import SEVERITY
from fer_ros.errors import DatasetError, SettingError
from fer_ros.evaluation.calibration_tables import agreement_table, equal_tables, fit_table
from fer_ros.evaluation.change_tables import change_report
from fer_ros.evaluation.clips import Frames, frame_tables, synthetic_tables
from fer_ros.evaluation.conditions import pose_table, size_table
from fer_ros.evaluation.coverage import coverage_table, quality_in_picture
from fer_ros.evaluation.crema_d import evaluate_crema_d
from fer_ros.evaluation.judged_faces import describe_split, judged_faces, with_split
from fer_ros.evaluation.predictions import (
    aligned_faces,
    answers_for,
    describe_mapping,
    describe_model,
    stream_to_smooth,
    streams_of,
)
from fer_ros.evaluation.prior_curve import prior_table
from fer_ros.evaluation.report import Evaluation, Panels, Table
from fer_ros.evaluation.resting_curve import resting_table
from fer_ros.evaluation.robustness import robustness, robustness_table
from fer_ros.evaluation.settings import NO_SYNTHETIC_CLIPS, EvaluateSettings
from fer_ros.evaluation.stills import still_tables
from fer_ros.inference.classifier import Classifier
from fer_ros.inference.config import FREQUENCIES
from fer_ros.inference.prior_correction import AS_TRAINED
from fer_ros.metrics import measure
from fer_ros.progress import ProgressBar
from fer_ros.structures import FloatArray, Landmarks


def evaluate(settings: EvaluateSettings, out: Path | None = None) -> Evaluation:
    """Judge a model, print the results, and write them to a folder.

    Args:
        settings: Settings of the evaluation.
        out: Folder for ``report.md``, ``figures.json``, tables and pictures, created if missing;
            None to write nothing.

    Raises:
        ModelFileError: The model cannot be loaded.
        DatasetError: The data cannot be loaded, or has fewer than two classes in common with the
            model.
        SettingError: The model lacks a requested stream or was trained on the faces that it would
            be judged on, a setting does not apply to the data, or ``out`` is a file.
        OutputError: Another program is writing to ``out``.
    """
    if out is None:
        return _evaluate(settings)
    # Before the long work.
    require_folder(out)
    with sole_writer(out):
        found = _evaluate(settings)
        print(f'\nwrote {", ".join(found.write(out))} to {out}')
    return found


def _evaluate(settings: EvaluateSettings) -> Evaluation:
    dataset = dataset_named(settings.dataset) if settings.dataset else dataset_at(settings.data)
    if settings.fold:
        require_fold(dataset, settings.fold)
    if dataset is CREMA_D:
        if settings.min_quality:
            raise SettingError('min_quality applies to faces, but CREMA-D is judged by clips')
        found = evaluate_crema_d(settings, CACHE)
    else:
        found = _evaluate_faces(settings, dataset)
    print(found.markdown(), end='')
    return found


def _evaluate_faces(settings: EvaluateSettings, dataset: Dataset) -> Evaluation:
    classifier = settings.load(settings.model)
    settings = with_split(settings, dataset, classifier.figures)
    print(f'judged: {describe_split(settings, dataset)}', flush=True)
    title, faces = judged_faces(settings, dataset, classifier.figures, CACHE)
    if settings.changes and len(np.unique(faces.labels())) < 2:
        # Before the long work.
        raise DatasetError(
            f'{title}: all faces are labelled {faces.classes[faces.labels()[0]]}, but changes '
            'needs faces of two classes'
        )
    if settings.seen:
        others = [
            load_faces(path, split, CACHE, fold)
            for path in settings.seen
            for fold in folds_seen(classifier.figures, dataset_at(path).name) or [1]
            for split in ('train', 'validation')
        ]
        faces = mark_seen(faces, others, CACHE)
    streams = streams_of(classifier, settings.streams)
    bar = ProgressBar(
        aligned_faces(faces, classifier.config.crop_px), 'faces', len(faces), unit=' faces'
    )
    answers = answers_for(classifier, bar, streams, faces.classes)
    notes = [
        describe_model(classifier, streams),
        *faces.notes,
    ]
    if faces.seen.any():
        notes.append(_about_copies(classifier))
    last = stream_to_smooth(answers)
    tables = [*still_tables(answers, faces), pose_table(last, answers[last], faces)]
    if FREQUENCIES in classifier.figures:
        tables.append(prior_table(answers[AS_TRAINED], faces, classifier.figures))
    adapted = resting_table(last, answers[last], faces)
    if adapted is not None:
        tables.append(adapted)
    tables.append(fit_table(answers, faces))
    if settings.min_quality:
        quality = _qualities(faces, classifier.config.crop_px)
        tables.append(coverage_table(answers, faces, quality, settings.min_quality))
    if dataset is FERPLUS:
        tables.append(_agreement(settings, classifier, faces))
    tables += equal_tables(
        answers,
        faces.labels(),
        len(faces.classes),
        faces.groups(),
        'equal_calibration',
        f'Gain from the graph; bootstrap over {faces.group_name()}',
    )
    if 'smoothed' in settings.streams:
        clip_notes, clip_tables = _clips(settings, classifier, faces, answers)
        notes += clip_notes
        tables += clip_tables
    curves = robustness(classifier, faces) if settings.robustness else {}
    if curves:
        tables.append(robustness_table(curves, faces.group_name()))
        tables.append(size_table(classifier, faces))
    changes: Panels = {}
    if settings.changes:
        note, found, changes = change_report(classifier, faces, settings.smoothing)
        notes.append(note)
        tables += found
    labels = faces.labels()
    confusions = {
        stream: measure(rows, labels, faces.classes)
        for stream, rows in answers.items()
        if stream != AS_TRAINED
    }
    return Evaluation(
        title,
        tuple(notes),
        tuple(tables),
        mapping=tuple(describe_mapping(classifier.config.classes, faces.classes)),
        confusions=confusions,
        curves=curves,
        changes=changes,
    )


def _qualities(faces: FaceSet, crop_px: int) -> npt.NDArray[np.float64]:
    side_px = max(faces.images.shape[1:])
    return np.array(
        [
            quality_in_picture(face, Landmarks(points), side_px)
            for face, points in zip(aligned_faces(faces, crop_px), faces.landmarks_px, strict=True)
        ]
    )


def _about_copies(classifier: Classifier) -> str:
    if seen_by(classifier.figures) and not has_seen_copies(classifier.figures):
        return (
            'The training of this model left out faces whose photograph is in the validation or '
            'test split; faces marked as seen are so only for other models.'
        )
    return (
        'The model, or one that it descends from, may have been trained on photographs that it is '
        'judged on here: its file does not say that they were left out.'
    )


def _agreement(settings: EvaluateSettings, classifier: Classifier, judged: FaceSet) -> Table:
    """Return the table of agreement for all faces in which raters see an emotion."""
    faces = load_ferplus(settings.data, settings.split, CACHE, 'votes', progress=False)
    stream = classifier.config.stream
    bar = ProgressBar(aligned_faces(faces, classifier.config.crop_px), 'all faces', len(faces))
    answers = answers_for(classifier, bar, [stream], faces.classes)[stream]
    return agreement_table(answers, faces, np.isin(faces.pictures, judged.pictures))


def _clips(
    settings: EvaluateSettings,
    classifier: Classifier,
    faces: FaceSet,
    answers: dict[str, FloatArray],
) -> tuple[list[str], list[Table]]:
    """Return notes and tables about the clips in the data, or else about synthetic ones."""
    if len(faces.clips):
        if settings.severity is not None:
            raise SettingError(NO_SYNTHETIC_CLIPS)
        frames = Frames.of_clips(faces)
        return [], frame_tables(answers, frames, settings.smoothing)
    severity = SEVERITY if settings.severity is None else settings.severity
    note, tables = synthetic_tables(classifier, faces, list(answers), settings.smoothing, severity)
    return [note], tables
