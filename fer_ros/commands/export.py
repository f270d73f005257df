"""``fer-ros export``: converts a checkpoint to the files that a robot runs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_ros.commands.command import Command
from fer_ros.inference.classifier import INT8_SUFFIX

if TYPE_CHECKING:
    from fer_ros.data.face_set import FaceSet


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('checkpoint', type=Path, help='.safetensors file')
    parser.add_argument(
        '--data',
        type=Path,
        help='faces, as for train, to calibrate the 8-bit form of a model with a CNN; without '
        'them no 8-bit form is written',
    )


def _export(options: argparse.Namespace) -> None:
    from fer_ros.atomic_file import sole_writer
    from fer_ros.network.checkpoint import load_checkpoint
    from fer_ros.training.export import export_onnx, has_int8_form, quantize_onnx

    checkpoint = load_checkpoint(options.checkpoint)
    config = checkpoint.model.config
    # Before anything is replaced: the data may be missing or damaged.
    wanted = options.data and has_int8_form(config)
    faces = _faces(options.data, checkpoint.figures) if wanted else None
    target, quick = (options.checkpoint.with_suffix(s) for s in ('.onnx', INT8_SUFFIX))
    with sole_writer(target, target.with_name(f'.{target.name}.lock')):
        export_onnx(checkpoint, target)
        # An old 8-bit form would not match the new weights.
        quick.unlink(missing_ok=True)
        print(f'wrote {target}')
        if faces is not None:
            quantize_onnx(target, quick, faces, config.crop_px)
            print(f'wrote {quick}')


def _faces(data: Path, figures: dict[str, Any]) -> 'FaceSet':
    from fer_ros.data.cache import CACHE
    from fer_ros.data.datasets import load_faces
    from fer_ros.data.lineage import seen_by

    folds = (entry['fold'] for entry in seen_by(figures) if 'fold' in entry)
    return load_faces(data, 'validation', CACHE, next(folds, 1))


EXPORT = Command(
    'export',
    help='convert a checkpoint to ONNX',
    description='Convert a checkpoint to the ONNX file that a robot runs, in the same folder, '
    'and to its 8-bit form if there are faces to calibrate it. Needs the extra "train".',
    example='export runs/ferplus/model.safetensors --data FERPLUS',
    add_options=_add_options,
    run=_export,
)
