"""``fer-ros info``: describes a model."""

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fer_ros.commands.command import Command
from fer_ros.commands.options import add_model
from fer_ros.inference.classifier import INT8_SUFFIX

_STREAMS = {
    'cnn': 'CNN',
    'gat': 'graph attention network',
    'fused': 'CNN and graph attention network, fusion {fusion}',
}
_MOST_HEADER_BYTES = 1 << 20


def _info(options: argparse.Namespace) -> None:
    from fer_ros.face.detectors.choice import load_detector
    from fer_ros.face.landmarks import find_landmark_model
    from fer_ros.models import load_classifier, whole_model

    classifier = load_classifier(options.model, options.backend)
    config, path = classifier.config, classifier.path
    quick = whole_model(path).with_suffix(INT8_SUFFIX)
    landmark_model = Path(find_landmark_model())
    rows = [
        ('model', f'{path.name}, {_megabytes(path)}{_weights(whole_model(path))}'),
        ('', str(path)),
        ('8-bit form', f'{quick.name}, {_megabytes(quick)}' if quick.is_file() else 'none'),
        ('classes', ', '.join(config.classes)),
        ('network', _STREAMS[config.stream].format(fusion=config.fusion)),
        *_figures(dict(classifier.figures)),
        ('face detector', load_detector().description),
        ('landmark model', f'{landmark_model.name}, {_megabytes(landmark_model)}'),
        ('', str(landmark_model)),
    ]
    for name, text in rows:
        print(f'{name:<20}{text}')


def _figures(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what was measured in training, in words; what is not known here as it is."""
    own: dict[str, Any] = {key: figures.pop(key) for key in ('dataset', 'fold') if key in figures}
    others: list[dict[str, Any]] = figures.pop('datasets', [])
    dataset = _titles([own, *others] if own else others)
    epoch = figures.pop('epoch', None)
    if dataset:
        yield 'trained on', dataset + (f', weights of epoch {epoch}' if epoch else '')
    split = f'validation split of {dataset}' if dataset else 'validation split'
    if (share := figures.pop('validation_accuracy', None)) is not None:
        yield 'accuracy', f'{share:.1%}, {split}'
    if (share := figures.pop('validation_unweighted_recall', None)) is not None:
        yield 'unweighted recall', f'{share:.1%}, mean over the classes, {split}'
    if (share := figures.pop('validation_calibration_error', None)) is not None:
        yield 'calibration error', f'{share:.1%}, {split}'
    if frequencies := figures.pop('class_frequencies', None):
        shares = sorted(frequencies.items(), key=lambda item: -item[1])
        yield 'training faces', ', '.join(f'{name} {share:.0%}' for name, share in shares)
    if offsets := figures.pop('class_offsets', None):
        yield 'class offsets', ', '.join(f'{name} {value:+.2f}' for name, value in offsets.items())
    if lineage := figures.pop('lineage', None):
        yield 'descends from', f'models trained on {_titles(lineage)}'
    for name, value in figures.items():
        yield name.replace('_', ' '), str(value)


def _titles(entries: Iterable[dict[str, Any]]) -> str:
    """Return the titles of data sets, each once, with the fold of those that have folds."""
    return ', '.join(dict.fromkeys(map(_title, entries)))


def _title(entry: dict[str, Any]) -> str:
    from fer_ros.data.datasets import DATASETS, dataset_named

    name = str(entry.get('dataset', ''))
    title = dataset_named(name).title if name in DATASETS else name
    return f'{title} (fold {entry["fold"]})' if 'fold' in entry else title


def _megabytes(path: Path) -> str:
    return f'{path.stat().st_size / 1e6:.1f} MB'


def _weights(path: Path) -> str:
    """Return how many weights a model has, as its safetensors file says, if that is there."""
    try:
        with path.with_suffix('.safetensors').open('rb') as file:
            size = int.from_bytes(file.read(8), 'little')
            header = json.loads(file.read(min(size, _MOST_HEADER_BYTES)))
        shapes = [entry['shape'] for name, entry in header.items() if name != '__metadata__']
        return f', {sum(map(math.prod, shapes)) / 1e6:.1f} million weights'
    # The description does without what is missing or damaged here.
    except Exception:
        return ''


INFO = Command(
    'info',
    help='describe a model and show where files are',
    description='Print a description of a model, its figures, and the paths of the model and '
    'the landmark model.',
    example='info --model runs/ferplus/model.onnx',
    add_options=add_model,
    run=_info,
)
