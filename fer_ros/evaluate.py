"""Evaluation of a trained model on a data set: figures, and the confusion as a picture."""

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fer_ros.atomic_file import atomic_file
from fer_ros.classifier import Classifier, load_classifier
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import load_ferplus
from fer_ros.errors import DatasetError
from fer_ros.face_crop import align_face
from fer_ros.metrics import Metrics, measure
from fer_ros.pipeline import softmax
from fer_ros.preprocess import make_batch
from fer_ros.structures import FloatArray, Landmarks

CACHE = Path.home() / '.cache' / 'fer_ros'


def evaluate_ferplus(
    model: Path, backend: str, data: Path, split: str, out: Path | None = None
) -> Metrics:
    """Judge a model on a FER+ split by the majority protocol, and print the figures.

    Args:
        model: Model file.
        backend: As in ``load_classifier``.
        data: ``fer2013plus.npz``.
        split: ``validation`` or ``test``.
        out: Folder for ``figures.json`` and ``confusion.png``; made if missing.

    Raises:
        ModelFileError: The model cannot be loaded.
        DatasetError: The data cannot be loaded, or its classes are not the model's.
    """
    classifier = load_classifier(model, backend)
    faces = load_ferplus(data, split, CACHE, 'majority')
    if classifier.config.classes != faces.classes:
        raise DatasetError(
            f'the model knows {", ".join(classifier.config.classes)}, '
            f'the data is labelled {", ".join(faces.classes)}'
        )
    metrics = measure(classify(classifier, faces), faces.labels(), faces.classes)
    print(f'FER+ {split}, majority protocol, {len(faces)} faces, model {classifier.path.name}')
    print_metrics(metrics)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        _write_json(metrics, out / 'figures.json')
        draw_confusion(metrics, f'FER+ {split}', out / 'confusion.png')
        print(f'wrote {out}/figures.json and confusion.png')
    return metrics


def classify(classifier: Classifier, faces: FaceSet, progress: bool = True) -> FloatArray:
    """Return the ``(N, C)`` probabilities of a face set, computed as the robot computes them."""
    crop_px = classifier.config.crop_px
    parts = []
    for start in tqdm(range(0, len(faces), 64), desc='faces', unit='batch', disable=not progress):
        aligned = [
            align_face(image, Landmarks(points), crop_px)
            for image, points in zip(
                faces.images[start : start + 64],
                faces.landmarks_px[start : start + 64],
                strict=True,
            )
        ]
        parts.append(softmax(classifier.logits(make_batch(aligned))))
    return np.concatenate(parts)


def print_metrics(metrics: Metrics) -> None:
    """Print the figures and a line per class."""
    print(f'accuracy                    {metrics.accuracy:7.2%}')
    print(f'unweighted recall           {metrics.unweighted_recall:7.2%}')
    print(f'macro F1                    {metrics.macro_f1:7.2%}')
    print(f'expected calibration error  {metrics.calibration_error:7.4f}')
    counts = metrics.confusion.sum(axis=1)
    for name, recall, count in zip(metrics.classes, metrics.recalls, counts, strict=True):
        print(f'recall {name:<20} {recall:7.2%}  of {count} faces')


def draw_confusion(metrics: Metrics, title: str, path: Path) -> None:
    """Draw the confusion matrix, each row as shares of its label, to a PNG file."""
    from matplotlib.figure import Figure

    counts = metrics.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(7, 6), layout='constrained')
    axes = figure.add_subplot()
    axes.imshow(shares, cmap='Blues', vmin=0, vmax=1)
    ticks = range(len(metrics.classes))
    axes.set_xticks(ticks, metrics.classes, rotation=45, ha='right')
    axes.set_yticks(ticks, metrics.classes)
    axes.set_xlabel('predicted')
    axes.set_ylabel('labelled')
    axes.set_title(f'{title}: accuracy {metrics.accuracy:.1%}')
    for (row, column), share in np.ndenumerate(shares):
        color = 'white' if share > 0.5 else 'black'
        axes.text(column, row, f'{share:.0%}', ha='center', va='center', color=color, fontsize=8)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=120)


def _write_json(metrics: Metrics, path: Path) -> None:
    figures = {
        'faces': int(metrics.confusion.sum()),
        'accuracy': metrics.accuracy,
        'unweighted_recall': metrics.unweighted_recall,
        'macro_f1': metrics.macro_f1,
        'calibration_error': metrics.calibration_error,
        'recall': dict(zip(metrics.classes, metrics.recalls.tolist(), strict=True)),
        'confusion': metrics.confusion.tolist(),
    }
    with atomic_file(path) as aside:
        aside.write_text(json.dumps(figures, indent=2))
