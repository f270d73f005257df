"""Chooses how much of the class frequencies of the training data to remove from a model's answers.

    python -m benchmarks.prior_correction --data FERPLUS --data ../shared/data/wild

Prints accuracy, recall and calibration on the validation split of each data set for strengths of
``prior_correction``, and the mean of accuracy and recall over the data sets. The strength with the
highest mean is the default in ``fer_ros/inference/prior_correction.py``. Recall is over classes
with many faces, because that of the others would be chance.
"""

import argparse
from pathlib import Path

import numpy as np

from fer_ros.data.cache import CACHE
from fer_ros.data.datasets import load_faces
from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.predictions import aligned_faces, answers_for
from fer_ros.evaluation.prior_curve import COLUMNS, STRENGTHS, prior_curve
from fer_ros.inference.classifier import SHIPPED_MODEL, Classifier
from fer_ros.models import load_classifier
from fer_ros.progress import ProgressBar

_MEAN = COLUMNS.index('mean of accuracy and that recall') - 1


def curve(classifier: Classifier, faces: FaceSet) -> list[tuple[float, ...]]:
    """Return the rows of ``prior_curve`` for a model that is not corrected."""
    stream, crop_px = classifier.config.stream, classifier.config.crop_px
    bar = ProgressBar(
        aligned_faces(faces, crop_px), 'faces', len(faces), unit=' faces', leave=False
    )
    answers = answers_for(classifier, bar, [stream], faces.classes)[stream]
    return prior_curve(answers, faces, classifier.figures)


def best_strength(curves: list[list[tuple[float, ...]]]) -> tuple[float, list[float]]:
    """Return the strength with the highest mean, and the mean at each of ``STRENGTHS``."""
    means = np.mean([[row[_MEAN] for row in rows] for rows in curves], axis=0)
    return STRENGTHS[int(means.argmax())], means.tolist()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument(
        '--data', type=Path, action='append', required=True, help='data as for train'
    )
    options.add_argument('--model', type=Path, default=SHIPPED_MODEL, help='.onnx or .safetensors')
    chosen = options.parse_args()
    classifier = load_classifier(chosen.model)
    curves = []
    for path in chosen.data:
        faces = load_faces(path, 'validation', CACHE, fold=1, progress=False)
        rows = curve(classifier, faces)
        curves.append(rows)
        print(f'\n{path.name}, {len(faces)} faces')
        print(*COLUMNS, sep=' | ')
        for strength, row in zip(STRENGTHS, rows, strict=True):
            shares = ' | '.join(f'{100 * value:.2f}' for value in row[:-1])
            print(f'{strength:.1f} | {shares} | {row[-1]:.4f}')
    best, means = best_strength(curves)
    print('\nprior_correction | mean over the data sets')
    for strength, mean in zip(STRENGTHS, means, strict=True):
        print(f'{strength:.1f} | {100 * mean:.2f}')
    print(f'best: {best:.1f}')


if __name__ == '__main__':
    main()
