"""``fer-ros export``: converts a checkpoint to the files that a robot runs."""

import argparse
from pathlib import Path

from fer_ros.commands.command import Command
from fer_ros.inference.classifier import INT8_SUFFIX


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
    from fer_ros.training.export import export_onnx, has_int8_form

    checkpoint = load_checkpoint(options.checkpoint)
    target, quick = (options.checkpoint.with_suffix(s) for s in ('.onnx', INT8_SUFFIX))
    with sole_writer(target, target.with_name(f'.{target.name}.lock')):
        export_onnx(checkpoint, target)
        # An old 8-bit form would not match the new weights.
        quick.unlink(missing_ok=True)
        print(f'wrote {target}')
        if options.data and has_int8_form(checkpoint.model.config):
            from fer_ros.data.cache import CACHE
            from fer_ros.data.datasets import load_faces
            from fer_ros.data.lineage import seen_by
            from fer_ros.training.export import quantize_onnx

            folds = (entry['fold'] for entry in seen_by(checkpoint.figures) if 'fold' in entry)
            faces = load_faces(options.data, 'validation', CACHE, next(folds, 1))
            quantize_onnx(target, quick, faces, checkpoint.model.config.crop_px)
            print(f'wrote {quick}')


EXPORT = Command(
    'export',
    help='convert a checkpoint to ONNX',
    description='Convert a checkpoint to the ONNX file that a robot runs, in the same folder, '
    'and to its 8-bit form if there are faces to calibrate it. Needs the extra "train".',
    example='export runs/ferplus/model.safetensors --data FERPLUS',
    add_options=_add_options,
    run=_export,
)
