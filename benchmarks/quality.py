"""How well the quality of a face predicts wrong answers: ``doc/quality.png`` and a table.

Run as ``python -m benchmarks.quality --data FERPLUS --split test --out doc/quality.png``. Faces
are disturbed by ``quality_pictures.shown_pictures``, in ways that quality was not fitted on. The
answers with the lowest score (quality, confidence of the model, or both) are withheld, and the
share of wrong answers among the others is drawn over the share of faces that remain (risk-coverage
curve: El-Yaniv & Wiener 2010). Bootstrap intervals are over photographs.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.disturbed_faces import disturbed_faces
from fer_ros.atomic_file import atomic_file
from fer_ros.data.cache import CACHE
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import load_ferplus
from fer_ros.evaluation.coverage import quality_in_picture
from fer_ros.evaluation.predictions import ask
from fer_ros.inference.classifier import Classifier
from fer_ros.models import load_classifier
from fer_ros.structures import Landmarks

Array = npt.NDArray[np.float64]

COVERAGES = tuple(round(float(one), 2) for one in np.arange(0.3, 1.001, 0.05))
_STILLS = 1000
_DRAWS = 400


@dataclass(frozen=True, eq=False)
class Judged:
    """Disturbed faces with the answers of a model.

    Attributes:
        quality: ``(N,)`` quality of each face.
        confidence: ``(N,)`` confidence of each answer.
        right: ``(N,)`` whether the answer is the label.
        kinds: ``(N,)`` name of the disturbance.
        groups: ``(N,)`` number of the photograph.
    """

    quality: Array
    confidence: Array
    right: npt.NDArray[np.bool_]
    kinds: npt.NDArray[np.str_]
    groups: npt.NDArray[Any]

    def scores(self) -> dict[str, Array]:
        """Return the scores by which answers may be withheld.

        ``both`` combines the other two as independent evidence, by adding their log odds.
        """
        both = _log_odds(self.quality) + _log_odds(self.confidence)
        return {'quality': self.quality, 'confidence': self.confidence, 'both': both}


def judge(faces: FaceSet, classifier: Classifier) -> Judged:
    """Return faces under disturbances that quality was not fitted on, with a model's answers.

    Args:
        faces: Faces with labels.
        classifier: The model.
    """
    disturbed = disturbed_faces(faces, False, classifier.config.crop_px, _STILLS)
    stream = classifier.config.stream
    answers = ask(classifier, disturbed.aligned(), [stream])[stream]
    quality = [
        quality_in_picture(face, Landmarks(points), int(side_px))
        for face, points, side_px in zip(
            disturbed.aligned(), disturbed.landmarks_px, disturbed.sides_px, strict=True
        )
    ]
    groups = faces.groups()
    return Judged(
        np.array(quality),
        answers.max(axis=1).astype(np.float64),
        answers.argmax(axis=1) == faces.labels()[disturbed.stills],
        disturbed.kinds,
        disturbed.stills if groups is None else groups[disturbed.stills],
    )


def risks(scores: Mapping[str, Array], right: npt.NDArray[np.bool_]) -> dict[str, Array]:
    """Return by score the ``(len(COVERAGES),)`` share of wrong answers among those not withheld.

    Args:
        scores: ``(N,)`` scores by name; answers with the lowest ones are withheld.
        right: ``(N,)`` whether the answer is the label.
    """
    counts = np.maximum(np.rint(np.array(COVERAGES) * len(right)).astype(int), 1)
    found = {}
    for name, score in scores.items():
        wrong = np.cumsum(~right[np.argsort(-score, kind='stable')])
        found[name] = wrong[counts - 1] / counts
    return found


def drawn_risks(judged: Judged) -> dict[str, Array]:
    """Return the ``(draws, len(COVERAGES))`` risks of bootstrap samples of photographs."""
    rng = np.random.default_rng(0)
    number = np.unique(judged.groups, return_inverse=True)[1]
    order = np.argsort(number, kind='stable')
    members = np.split(order, np.cumsum(np.bincount(number))[:-1])
    parts: dict[str, list[Array]] = {name: [] for name in judged.scores()}
    for _ in range(_DRAWS):
        chosen = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        scores = {name: score[chosen] for name, score in judged.scores().items()}
        for name, found in risks(scores, judged.right[chosen]).items():
            parts[name].append(found)
    return {name: np.array(found) for name, found in parts.items()}


def show(judged: Judged, draws: Mapping[str, Array]) -> None:
    """Print the risks, the gain of both over confidence, and a line for each disturbance."""
    found = risks(judged.scores(), judged.right)
    print(f'{len(judged.right)} faces, {1 - judged.right.mean():.1%} of the answers wrong')
    print('coverage' + ''.join(f'{name:>27}' for name in found) + f'{"both - confidence":>30}')
    for column, coverage in enumerate(COVERAGES):
        cells = [
            f'{found[name][column]:.1%} ({_span(draws[name][:, column])})'.rjust(27)
            for name in found
        ]
        gain = found['both'][column] - found['confidence'][column]
        gains = draws['both'][:, column] - draws['confidence'][:, column]
        print(f'{coverage:8.0%}' + ''.join(cells) + f'{gain:+.1%} ({_span(gains)})'.rjust(30))
    at = COVERAGES.index(0.9)
    for name in found:
        less = 1 - found[name][at] / found[name][-1]
        spread = 1 - draws[name][:, at] / draws[name][:, -1]
        print(f'{name}: at 90 % coverage {less:.1%} ({_span(spread)}) fewer wrong answers')
    for kind in np.unique(judged.kinds):
        here = judged.kinds == kind
        scores = {name: score[here] for name, score in judged.scores().items()}
        of_kind = risks(scores, judged.right[here])
        cells = [f'{name} {1 - line[at] / line[-1]:.1%}' for name, line in of_kind.items()]
        print(f'  {kind}: {1 - judged.right[here].mean():.1%} wrong; fewer: {", ".join(cells)}')


def draw(judged: Judged, draws: Mapping[str, Array], title: str, path: Path) -> None:
    """Draw the curves with 95 % intervals to a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout='constrained')
    axes = figure.add_subplot()
    percent = 100 * np.array(COVERAGES)
    for name, line in risks(judged.scores(), judged.right).items():
        label = 'quality and confidence' if name == 'both' else name
        axes.plot(percent, 100 * line, label=label)
        low, high = np.percentile(100 * draws[name], [2.5, 97.5], axis=0)
        axes.fill_between(percent, low, high, alpha=0.2)
    axes.axhline(75 * float((~judged.right).mean()), color='gray', linestyle=':', linewidth=1)
    axes.annotate('a quarter less', (percent[0], 75 * float((~judged.right).mean())), va='bottom')
    axes.set_xlabel('faces that are judged, % (coverage)')
    axes.set_ylabel('wrong answers among them, % (risk)')
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25)
    axes.legend()
    axes.set_title(title, fontsize=9)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110, format='png')


def _log_odds(share: Array) -> Array:
    inside = np.clip(share, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def _span(values: Array) -> str:
    low, high = np.percentile(100 * values, [2.5, 97.5])
    return f'{low:.1f} to {high:.1f}'


def main() -> None:
    """Judge, print, and draw where a path is given."""
    parser = argparse.ArgumentParser(description='Risk and coverage of the quality of faces.')
    parser.add_argument('--data', type=Path, required=True, help='FER+, as for fer-ros train')
    parser.add_argument('--split', default='validation', choices=('validation', 'test'))
    parser.add_argument('--model', default='', help='.onnx or .safetensors file')
    parser.add_argument('--out', type=Path, help='PNG file of the curves')
    options = parser.parse_args()
    faces = load_ferplus(options.data, options.split, CACHE, 'majority')
    judged = judge(faces, load_classifier(options.model, int8=True))
    draws = drawn_risks(judged)
    show(judged, draws)
    if options.out is not None:
        title = f'FER+ {options.split}, disturbed in ways that quality was not fitted on'
        draw(judged, draws, title, options.out)


if __name__ == '__main__':
    main()
