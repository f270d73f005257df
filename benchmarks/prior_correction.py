"""Chooses how a model's answers are adapted to people outside its training data.

    python -m benchmarks.prior_correction --data FERPLUS --data ../shared/data/wild

Fits the class offsets of ``PriorCorrection`` on the validation splits of several data sets, which
count equally, with several ridges. Each face is corrected by offsets that were fitted without its
person or photograph; a strength below the default adds a part of them, as in a node. Ridge and
strength of ``prior_correction`` are those with the highest mean of accuracy and recall over the
data sets; recall is over classes with many faces, because that of the others would be chance, and
a data set without such a class counts by its accuracy alone. The strength is the default in
``fer_ros/inference/prior_correction.py``.
``--write`` stores the offsets in the files of the model, and the temperature that suits them,
which is fitted on the first data set.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.cache import CACHE
from fer_ros.data.datasets import load_faces
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import FerError, SettingError
from fer_ros.evaluation.calibration import fit_calibration, log_of
from fer_ros.evaluation.predictions import aligned_faces, ask, in_classes_of, in_columns_of
from fer_ros.evaluation.prior_curve import COLUMNS, STRENGTHS, prior_curve
from fer_ros.inference.classifier import SHIPPED_MODEL, Classifier, softmax
from fer_ros.inference.config import FREQUENCIES, OFFSETS, TEMPERATURE
from fer_ros.inference.prior_correction import DEFAULT_STRENGTH
from fer_ros.metrics import Labels
from fer_ros.models import load_classifier
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.progress import ProgressBar
from fer_ros.structures import FloatArray
from fer_ros.training.answers import answer_temperature
from fer_ros.training.export import restate

# Infinite: no offsets.
RIDGES = (0.006, 0.02, 0.06, 0.2, np.inf)
_PARTS, _SEEDS = 5, 3
_ACCURACY = COLUMNS.index('accuracy') - 1
_MEAN = COLUMNS.index('mean of accuracy and that recall') - 1

# Logits in the classes of the model, and labels.
Labelled = tuple[FloatArray, Labels]


def with_known_labels(faces: FaceSet, known: tuple[str, ...]) -> FaceSet:
    """Return the faces whose class is known to the model."""
    return faces.select(np.isin(np.array(faces.classes)[faces.labels()], known))


def labelled_logits(classifier: Classifier, faces: FaceSet) -> Labelled:
    """Return ``(N, C)`` logits of a model, up to a constant per face, and ``(N,)`` labels.

    Classes that the data does not have are ruled out.

    Args:
        classifier: Model with C classes.
        faces: N faces ``with_known_labels``.
    """
    config = classifier.config
    bar = ProgressBar(
        aligned_faces(faces, config.crop_px), 'faces', len(faces), unit=' faces', leave=False
    )
    logits = log_of(ask(classifier, bar, [config.stream])[config.stream])
    logits[:, ~np.isin(config.classes, faces.classes)] = -1e4
    names = np.array(faces.classes)[faces.labels()]
    return logits, np.array([config.classes.index(name) for name in names], np.int64)


def fitted_offsets(parts: list[Labelled], ridge: float) -> npt.NDArray[np.float64]:
    """Return the ``(C,)`` offsets that make the labels of several sets likeliest.

    Args:
        parts: Logits and labels of each set; the faces of smaller sets are repeated, so that all
            sets count equally.
        ridge: See ``fit_calibration``; infinite: no offsets.
    """
    classes = parts[0][0].shape[1]
    parts = [part for part in parts if len(part[1])]
    if not parts or not np.isfinite(ridge):
        return np.zeros(classes)
    most = max(len(labels) for _, labels in parts)
    rows = [np.resize(np.arange(len(labels)), most) for _, labels in parts]
    logits = np.concatenate([part[0][row] for part, row in zip(parts, rows, strict=True)])
    labels = np.concatenate([part[1][row] for part, row in zip(parts, rows, strict=True)])
    fitted = fit_calibration(logits, labels, ridge=ridge)
    return fitted.biases / fitted.scale


def with_offsets_of_others(
    parts: list[Labelled], groups: list[npt.NDArray[Any]], ridge: float, seed: int
) -> list[FloatArray]:
    """Return the logits of each set, plus offsets fitted to faces of other groups."""
    rng = np.random.default_rng(seed)
    numbers = [np.unique(names, return_inverse=True)[1] for names in groups]
    folds = [(rng.permutation(number.max(initial=-1) + 1) % _PARTS)[number] for number in numbers]
    found = [logits.copy() for logits, _ in parts]
    for fold in range(_PARTS):
        others = [
            (logits[inside != fold], labels[inside != fold])
            for (logits, labels), inside in zip(parts, folds, strict=True)
        ]
        offsets = fitted_offsets(others, ridge)
        for rows, inside in zip(found, folds, strict=True):
            rows[inside == fold] += offsets.astype(np.float32)
    return found


def curves(
    classifier: Classifier, sets: list[FaceSet], parts: list[Labelled], ridge: float
) -> npt.NDArray[np.float64]:
    """Return ``(sets, strengths, columns)`` figures at a ridge, the means over several draws."""
    known = classifier.config.classes
    plain = {name: value for name, value in classifier.figures.items() if name != OFFSETS}
    groups = [_groups(faces) for faces in sets]
    found = [
        [
            prior_curve(
                in_classes_of(softmax(logits), known, faces.classes),
                faces,
                plain,
                in_columns_of(shifted - logits, known, faces.classes),
            )
            for faces, (logits, _), shifted in zip(
                sets, parts, with_offsets_of_others(parts, groups, ridge, seed), strict=True
            )
        ]
        for seed in range(_SEEDS if np.isfinite(ridge) else 1)
    ]
    return np.mean(found, axis=0)


def means(found: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the means over the data sets by which ridge and strength are chosen.

    Args:
        found: ``(sets, strengths, columns)`` figures for each of R ridges, from ``curves``.

    Returns:
        ``(R, strengths)`` means of accuracy and recall.
    """
    rows = np.array(found)
    both, accuracies = rows[..., _MEAN], rows[..., _ACCURACY]
    return np.mean(np.where(np.isnan(both), accuracies, both), axis=1)


def _groups(faces: FaceSet) -> npt.NDArray[Any]:
    known = faces.groups()
    return np.arange(len(faces)) if known is None else known


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument(
        '--data', type=Path, action='append', required=True, help='data as for train'
    )
    options.add_argument(
        '--model', type=Path, default=SHIPPED_MODEL.with_suffix('.safetensors'), help='weights'
    )
    options.add_argument('--write', action='store_true', help='store the offsets in the model')
    chosen = options.parse_args()
    if chosen.write and chosen.model.suffix != '.safetensors':
        options.error(f'--model is {chosen.model}, expected a .safetensors file with --write')
    return chosen


def _print_curves(title: str, rows: npt.NDArray[np.float64]) -> None:
    print(f'\n{title}')
    print(*COLUMNS, sep=' | ')
    for strength, row in zip(STRENGTHS, rows, strict=True):
        shares = ' | '.join(f'{100 * share:.2f}' for share in row[:-1])
        print(f'{strength:.1f} | {shares} | {row[-1]:.4f}')


def check_writable(model: Path, faces: FaceSet) -> None:
    """Refuse a model in which no offsets can be stored.

    Args:
        model: Its safetensors file.
        faces: Validation faces for the temperature.

    Raises:
        SettingError: The faces have other classes, or the model allows no correction.
    """
    kept = load_checkpoint(model)
    if faces.classes != kept.model.config.classes:
        raise SettingError('the first --data has other classes than the model, or another order')
    if FREQUENCIES not in kept.figures:
        raise SettingError(f'model {model} does not state its class frequencies')


def write(model: Path, offsets: dict[str, float], faces: FaceSet) -> None:
    """Store offsets, and the temperature that suits them, in the files of a model.

    Args:
        model: Its safetensors file, for which ``check_writable``.
        offsets: Offset of each class.
        faces: Validation faces for the temperature.
    """
    kept = load_checkpoint(model)
    figures = {**kept.figures, OFFSETS: offsets}
    figures[TEMPERATURE] = answer_temperature(kept.model.eval(), figures, faces)
    restate(replace(kept, figures=figures), model)
    print(f'written, with a temperature of {figures[TEMPERATURE]} at {DEFAULT_STRENGTH}')


def main() -> None:
    """Measure, print and, if requested, write."""
    chosen = _options()
    classifier = load_classifier(chosen.model)
    classes = classifier.config.classes
    sets = [
        with_known_labels(load_faces(path, 'validation', CACHE, 1, progress=False), classes)
        for path in chosen.data
    ]
    if chosen.write:
        # Before the long work.
        check_writable(chosen.model, sets[0])
    parts = [labelled_logits(classifier, faces) for faces in sets]
    found = {ridge: curves(classifier, sets, parts, ridge) for ridge in RIDGES}
    by_ridge = means([found[ridge] for ridge in RIDGES])
    print('Mean over the data sets, by ridge of the offsets (inf: none) and prior_correction')
    print('ridge', *(f'{strength:.1f}' for strength in STRENGTHS), sep=' | ')
    for ridge, row in zip(RIDGES, by_ridge, strict=True):
        print(ridge, *(f'{100 * mean:.2f}' for mean in row), sep=' | ')
    best, strength = np.unravel_index(int(by_ridge.argmax()), by_ridge.shape)
    for ridge in dict.fromkeys((np.inf, RIDGES[best])):
        for path, rows in zip(chosen.data, found[ridge], strict=True):
            _print_curves(f'{path.name}, ridge {ridge}', rows)
    offsets = np.round(fitted_offsets(parts, RIDGES[best]), 3).tolist()
    named = dict(zip(classes, offsets, strict=True))
    print(f'\nbest: prior_correction {STRENGTHS[strength]:.1f}, ridge {RIDGES[best]}: {named}')
    if chosen.write:
        write(chosen.model, named, sets[0])


if __name__ == '__main__':
    try:
        main()
    except FerError as error:
        sys.exit(f'prior_correction: {error}')
