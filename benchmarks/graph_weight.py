"""Whether the graph adds more when its weight follows how well a face is seen.

``logits = scale * cnn + biases + weight(face) * gat``: all that is free is fitted on other kinds
of disturbance and on other photographs or people than it is judged on. A function that helps here
would be worth building into the fusion.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.graph_answers import QUALITY, SEEN, STILLS, Answers
from fer_ros.evaluation.calibration import cross_entropy, likeliest
from fer_ros.evaluation.report import Cell, Table
from fer_ros.metrics import Labels, bootstrap_gain

Array = npt.NDArray[np.float64]

_NOTHING = 'nothing: the CNN alone'
_LANDMARKS = 'the landmarks themselves, linear in 10 components'
# What the weight of the graph is a linear function of, beside a constant.
WEIGHTS: dict[str, tuple[str, ...]] = {
    'the graph, one weight for all': (),
    'its weight by quality': (QUALITY,),
    'by the shape of the landmarks': ('shape_residual',),
    'by size': ('log_size',),
    'by blur and light': ('log_sharpness', 'log_sharpness_ratio', 'log_contrast'),
    'by all of these': SEEN,
}
_COMPONENTS = 10
_PARTS = 2
# Standard deviations from the mean beyond which a value counts as this.
_RARE = 3.0


def weight_table(name: str, answers: Sequence[Answers]) -> Table:
    """Return what each function of a face adds to the CNN on disturbed faces.

    Args:
        name: Of the data.
        answers: What is said under each condition.
    """
    rows = _Rows(answers)
    alone = rows.fitted(None, False)
    ways: dict[str, Array] = {_NOTHING: alone}
    ways |= {way: rows.fitted(names, False) for way, names in WEIGHTS.items()}
    ways[_LANDMARKS] = rows.fitted(None, True)
    return Table(
        f'graph_weight_{name}'.replace('+', 'plus'),
        f'{name}, validation, disturbed faces: what is added to the CNN, fitted on other kinds of '
        'disturbance and other faces; against the CNN alone, paired (95 %)',
        (
            'what is added',
            'accuracy',
            'points',
            'interval',
            'cross entropy less (nats)',
        ),
        tuple((way, *rows.cells(logits, alone)) for way, logits in ways.items()),
    )


class _Rows:
    """The faces of all conditions, one after the other."""

    def __init__(self, answers: Sequence[Answers]) -> None:
        self.kinds = np.concatenate([[one.kind] * len(one.labels) for one in answers])
        self.labels: Labels = np.concatenate([one.labels for one in answers])
        self.groups = np.concatenate([one.groups for one in answers])
        self.cnn, self.gat = (
            np.concatenate([one.logits[stream] for one in answers]).astype(np.float64)
            for stream in ('cnn', 'gat')
        )
        seen = np.concatenate([one.seen for one in answers])
        spread = np.maximum(seen.std(axis=0), 1e-9)
        self.seen = np.clip((seen - seen.mean(axis=0)) / spread, -_RARE, _RARE)
        points = np.concatenate([one.landmarks_norm for one in answers])
        self.components = _components(points.reshape(len(points), -1).astype(np.float64))
        number = np.unique(self.groups, return_inverse=True)[1]
        order = np.random.default_rng(0).permutation(int(number.max(initial=-1)) + 1)
        self.part = order[number] % _PARTS

    def fitted(self, names: tuple[str, ...] | None, landmarks: bool) -> Array:
        """Return ``(N, C)`` logits.

        Args:
            names: Of ``SEEN``, that the weight of the graph follows; ``None``: no graph.
            landmarks: Whether the landmarks themselves are looked at.
        """
        result = np.array(self.cnn)
        for kind in np.unique(self.kinds[self.kinds != STILLS]):
            for part in range(_PARTS):
                inside = (self.kinds == kind) & (self.part == part)
                others = (self.kinds != kind) & (self.part != part)
                if not inside.any() or not others.any():
                    continue
                inputs = self._inputs(names, landmarks, others)
                prior = np.zeros(inputs.shape[2])
                prior[0] = 1.0
                found = likeliest(inputs, self.labels[others], prior)
                result[inside] = self._inputs(names, landmarks, inside) @ found
        return result

    def _inputs(
        self, names: tuple[str, ...] | None, landmarks: bool, chosen: npt.NDArray[np.bool_]
    ) -> Array:
        """Return ``(n, C, K)``: scale, biases, weights of the graph, and of the landmarks."""
        cnn, gat = self.cnn[chosen], self.gat[chosen]
        count, classes = cnn.shape
        biases = np.tile(np.eye(classes), (count, 1, 1))
        columns = [cnn[:, :, None], biases]
        if names is not None:
            columns.append(gat[:, :, None])
            by = self.seen[chosen][:, [SEEN.index(name) for name in names]]
            columns.append(gat[:, :, None] * by[:, None, :])
        if landmarks:
            # A weight for each component and class.
            by = self.components[chosen]
            columns.append((biases[..., None] * by[:, None, None, :]).reshape(count, classes, -1))
        return np.concatenate(columns, axis=2)

    def cells(self, logits: Array, alone: Array) -> tuple[Cell, ...]:
        """Return accuracy and gain over the CNN alone on disturbed faces."""
        judged = self.kinds != STILLS
        labels, groups = self.labels[judged], self.groups[judged]
        logits, alone = logits[judged], alone[judged]
        said = logits.argmax(axis=1)
        gain = bootstrap_gain(said, alone.argmax(axis=1), labels, groups)
        less = cross_entropy(alone, labels) - cross_entropy(logits, labels)
        return float((said == labels).mean()), gain.value, gain.span(), less


def _components(points: Array) -> Array:
    """Return the first principal components of landmarks, each of variance 1."""
    away = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(away.T @ away)
    found = away @ vectors[:, ::-1][:, :_COMPONENTS]
    scaled: Array = found / np.maximum(found.std(axis=0), 1e-9)
    return scaled
