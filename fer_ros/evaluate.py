"""Evaluation of a trained model on a data set: what ``fer-ros evaluate`` does."""

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from fer_ros.answers import aligned_faces, ask, describe_mapping, in_classes_of
from fer_ros.classifier import Classifier
from fer_ros.data.datasets import dataset_at
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import load_ferplus
from fer_ros.data.image_folder import load_image_folder
from fer_ros.evaluate_clips import Frames, frame_tables, synthetic_tables
from fer_ros.evaluate_crema_d import evaluate_crema_d
from fer_ros.evaluate_settings import EvaluateSettings
from fer_ros.evaluate_stills import still_tables
from fer_ros.evaluation_report import Evaluation
from fer_ros.metrics import measure
from fer_ros.robustness import robustness
from fer_ros.structures import FloatArray

CACHE = Path.home() / '.cache' / 'fer_ros'


def evaluate(settings: EvaluateSettings, out: Path | None = None) -> Evaluation:
    """Judge a model, print what was found, and write it to a folder.

    Args:
        settings: What is judged, on what, and how.
        out: Folder for ``report.md``, ``figures.json``, tables and pictures; made if missing.

    Raises:
        ModelFileError: The model cannot be loaded.
        DatasetError: The data cannot be loaded, or has no class in common with the model.
        SettingError: The model does not have a stream that was asked for.
    """
    kind = settings.dataset or dataset_at(settings.data)
    if kind == 'crema_d':
        found = evaluate_crema_d(settings, CACHE)
    else:
        found = _evaluate_faces(settings, kind)
    print(found.markdown(), end='')
    if out is not None:
        print(f'\nwrote {", ".join(found.write(out))} to {out}')
    return found


def _evaluate_faces(settings: EvaluateSettings, kind: str) -> Evaluation:
    classifier = settings.load(settings.model)
    if kind == 'ferplus':
        faces = load_ferplus(settings.data, settings.split, CACHE, 'majority')
        title = f'FER+ {settings.split}, majority protocol, {len(faces)} faces'
    else:
        faces = load_image_folder(settings.data, settings.split, CACHE)
        title = f'{settings.data.name} {settings.split}, {len(faces)} faces'
    streams = [name for name in settings.streams if name != 'smoothed']
    streams = streams or [classifier.config.stream]
    answers = _ask(classifier, faces, streams)
    tables = still_tables(answers, faces)
    notes = [
        f'Model {classifier.path.name}, {classifier.config.stream}.',
        *describe_mapping(classifier.config.classes, faces.classes),
    ]
    if 'smoothed' in settings.streams:
        if len(faces.clips):
            frames = Frames(faces.labels(), faces.clips, faces.stamps_s)
            tables += frame_tables(answers, frames, settings.time_constant_s)
        else:
            note, clip_tables = synthetic_tables(
                classifier, faces, streams, settings.time_constant_s
            )
            notes.append(note)
            tables += clip_tables
    labels = faces.labels()
    return Evaluation(
        title,
        tuple(notes),
        tuple(tables),
        {stream: measure(rows, labels, faces.classes) for stream, rows in answers.items()},
        robustness(classifier, faces) if settings.robustness else {},
    )


def _ask(classifier: Classifier, faces: FaceSet, streams: Sequence[str]) -> dict[str, FloatArray]:
    bar = tqdm(aligned_faces(faces, classifier.config.crop_px), 'faces', len(faces), unit='face')
    answers = ask(classifier, bar, streams)
    return {
        stream: in_classes_of(rows, classifier.config.classes, faces.classes)
        for stream, rows in answers.items()
    }
