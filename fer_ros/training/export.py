"""Calibrates the model that a training keeps, and exports it to its final files."""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from fer_ros.atomic_file import atomic_file
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError, ModelFileError
from fer_ros.evaluation.calibration import fit_calibration
from fer_ros.evaluation.predictions import aligned_faces, batches
from fer_ros.face.graph import NUM_NODE_FEATURES
from fer_ros.inference.config import TEMPERATURE, ModelConfig
from fer_ros.metrics import Metrics
from fer_ros.network.checkpoint import Checkpoint, rounded, save_checkpoint
from fer_ros.network.fer_net import FerNet, LateFusion
from fer_ros.network.weight_transfer import (
    average_weights,
    calibrate_stream,
    set_stream_weights,
    without_second,
)
from fer_ros.structures import NUM_LANDMARKS, AlignedFace, FloatArray
from fer_ros.training.answers import answer_temperature
from fer_ros.training.calibration import best_votes
from fer_ros.training.config import TrainConfig
from fer_ros.training.validation import figures, measured, predict


def calibrated(model: FerNet, validation: FaceSet, config: TrainConfig) -> FerNet:
    """Return a calibrated copy of a trained model, rounded to 16 bits.

    The weights of its streams, the class biases if requested, and a temperature for each stream
    are folded into its last layers.

    Args:
        model: Model in evaluation mode.
        validation: Faces that the model was not trained on.
        config: Settings of the training.
    """
    model, labels = deepcopy(model), validation.labels()
    if model.adds_logits:
        logits = predict(model, validation)
        votes = best_votes([logits[name] for name in LateFusion.STREAMS], labels)
        set_stream_weights(model, torch.from_numpy(votes))
    for name, answers in predict(model, validation).items():
        fitted = fit_calibration(answers, labels, config.class_biases)
        offsets = (fitted.biases / fitted.scale).astype(np.float32)
        calibrate_stream(model, name, torch.from_numpy(offsets), 1 / fitted.scale)
    # Halves the file; the change is too small to show in any figure.
    return rounded(model)


def logits_to_keep(
    model: FerNet,
    init: Checkpoint | None,
    config: TrainConfig,
    validation: FaceSet,
) -> FloatArray:
    """Return the ``(N, C)`` validation logits of the model that ``keep`` would write.

    They lack only the temperature. The best epoch is chosen by them.

    Args:
        model: Model in training.
        init: Checkpoint that the training started from, if any.
        config: Settings of the training.
        validation: Faces for the calibration.
    """
    model = without_second(model, config.second_share)
    if init is not None and config.init_share:
        device = next(model.parameters()).device
        model = deepcopy(model).cpu()
        average_weights(init.model, model, config.init_share)
        model = model.to(device)
    logits = predict(model, validation)
    answers = logits[config.model.stream]
    if model.adds_logits:
        parts = [logits[name] for name in LateFusion.STREAMS]
        votes = best_votes(parts, validation.labels())
        answers = votes[0] * parts[0] + votes[1] * parts[1]
    if config.class_biases:
        fitted = fit_calibration(answers, validation.labels())
        return (answers + fitted.biases / fitted.scale).astype(np.float32)
    return answers


def keep(
    best: Checkpoint,
    init: Checkpoint | None,
    out: Path,
    config: TrainConfig,
    validation: FaceSet,
) -> Metrics:
    """Write the model that a training keeps; return its figures on the validation faces.

    Args:
        best: Checkpoint of the best epoch.
        init: Checkpoint that the training started from, if any.
        out: Folder for ``model.safetensors``, ``model.onnx`` and, if the model has one,
            ``model.int8.onnx``.
        config: Settings of the training.
        validation: Faces for the calibration.
    """
    model = without_second(best.model, config.second_share)
    if init is not None and config.init_share:
        average_weights(init.model, model, config.init_share)
    model = calibrated(model, validation, config)
    metrics = measured(predict(model, validation)[model.config.stream], validation)
    known = {**best.figures, **figures(best.figures['epoch'], metrics)}
    known[TEMPERATURE] = answer_temperature(model, known, validation)
    kept = Checkpoint(model, known)
    save_checkpoint(kept, out / 'model.safetensors', half=True)
    export_onnx(kept, out / 'model.onnx')
    if has_int8_form(model.config):
        source, target = out / 'model.onnx', out / 'model.int8.onnx'
        quantize_onnx(source, target, validation, model.config.crop_px)
    return metrics


def export_onnx(checkpoint: Checkpoint, path: Path) -> None:
    """Write the model as ONNX with inputs ``crops`` and ``nodes``, output ``logits``.

    The batch size is dynamic. Configuration, class order and figures are stored in the file. An
    existing file is replaced only once the new one is complete.
    """
    size = checkpoint.model.config.crop_px
    # Two faces: the exporter would fix a batch size of one.
    example = torch.zeros(2, 1, size, size), torch.zeros(2, NUM_LANDMARKS, NUM_NODE_FEATURES)
    with atomic_file(path) as aside:
        with warnings.catch_warnings():
            # The tracing exporter is deprecated, but needs no further package, and a test compares
            # its result with torch at batch sizes that were not traced.
            warnings.simplefilter('ignore')
            torch.onnx.export(
                checkpoint.model,
                example,
                str(aside),
                input_names=['crops', 'nodes'],
                output_names=['logits'],
                dynamic_axes={name: {0: 'batch'} for name in ('crops', 'nodes', 'logits')},
                opset_version=17,
                dynamo=False,
            )
        _describe(aside, aside, checkpoint)


def restate(checkpoint: Checkpoint, weights: Path) -> None:
    """Replace the figures in the files that ``keep`` wrote.

    Args:
        checkpoint: The model with its new figures; its weights are stored in 16 bits.
        weights: Its safetensors file, beside the ONNX files.
    """
    save_checkpoint(checkpoint, weights, half=True)
    for path in (weights.with_suffix('.onnx'), weights.with_suffix('.int8.onnx')):
        if path.is_file():
            with atomic_file(path) as aside:
                _describe(path, aside, checkpoint)


def _describe(source: Path, target: Path, checkpoint: Checkpoint) -> None:
    """Write a copy of an ONNX file with configuration, class order and figures."""
    import onnx

    graph = onnx.load(source)
    onnx.helper.set_model_props(graph, checkpoint.metadata())
    onnx.save(graph, target)


# First block of a MobileNet that computes in 8 bits, counted from 0.
_FIRST_INT8_BLOCK = 6
# Number of faces from which the ranges of values are chosen; more did not change the answers.
NUM_FACES = 512


def has_int8_form(config: ModelConfig) -> bool:
    """Return whether a model has convolutions that ``quantize_onnx`` converts."""
    if config.cnn == 'mobilenet' and config.mobilenet_blocks <= _FIRST_INT8_BLOCK:
        return False
    return config.stream != 'gat'


def quantize_onnx(source: Path, path: Path, faces: FaceSet, crop_px: int) -> None:
    """Write the 8-bit form of a model that ``export_onnx`` wrote.

    Some convolutions multiply unsigned 8-bit values by signed weights, with one scale per map and
    one per filter (Jacob et al. 2018): in a residual network, the 3x3 convolutions of all stages
    but the first; in a MobileNet, the 1x1 convolutions of the later blocks. The earlier ones stay
    in 32-bit floats, because their errors would propagate through all others and, in a MobileNet,
    the conversions would cost more time than they save; so do the shortcuts and the graph
    network. Weights take 7 bits: the sum of two products then fits the 16 bits in which processors
    without dot-product instructions compute it, so that every processor gives the same answers.

    Args:
        source: ONNX file of a model for which ``has_int8_form`` holds.
        path: File to write; an existing one is replaced only once the new one is complete.
        faces: Faces from which the ranges of values are chosen; ``NUM_FACES`` are used, evenly
            spread.
        crop_px: Side of the aligned crops that the model takes.

    Raises:
        DatasetError: ``faces`` is empty.
        ModelFileError: The model has no such convolution.
    """
    import onnx

    if not len(faces):
        raise DatasetError('the data has no face from which to choose the ranges of 8-bit values')
    aligned = aligned_faces(faces.spread(NUM_FACES), crop_px)
    with TemporaryDirectory() as folder, atomic_file(path) as aside, _quiet():
        prepared = Path(folder) / 'prepared.onnx'
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(prepared)
        chosen = _convolutions(graph)
        if not chosen:
            # The quantizer takes an empty list to mean all nodes.
            raise ModelFileError(f'model {source} has no convolution to compute in 8 bits')
        quantize_static(
            str(prepared),
            str(aside),
            _Faces(aligned, [entry.name for entry in graph.graph.input]),
            quant_format=QuantFormat.QDQ,
            nodes_to_quantize=chosen,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
        quantized = onnx.load(aside)
        described = {entry.key: entry.value for entry in onnx.load(source).metadata_props}
        onnx.helper.set_model_props(quantized, described)
        onnx.save(quantized, aside)


class _Faces(CalibrationDataReader):  # type: ignore[misc]
    """Feeds the faces to the quantizer in batches."""

    def __init__(self, faces: Iterable[AlignedFace], inputs: Sequence[str]) -> None:
        self._values = (
            {name: getattr(batch, name) for name in inputs} for batch in batches(faces)
        )

    def get_next(self) -> dict[str, Any] | None:
        return next(self._values, None)


def _convolutions(graph: Any) -> list[str]:
    names = [node.name for node in graph.graph.node if node.op_type == 'Conv']
    return [name for name in names if _in_later_stage(name) or _in_later_block(name)]


def _in_later_stage(name: str) -> bool:
    """Whether a 3x3 convolution of a residual network is in any stage but the first."""
    # With the first stage it is 7 % faster, but three times as many answers change.
    return '/stages.0/' not in name and ('/conv1/' in name or '/conv2/' in name)


def _in_later_block(name: str) -> bool:
    """Whether a 1x1 convolution of a MobileNet is in a block from ``_FIRST_INT8_BLOCK`` on."""
    found = re.search(r'/blocks\.(\d+)\.1/conv/', name)
    return found is not None and int(found[1]) >= _FIRST_INT8_BLOCK


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the quantizer from logging advice about other settings to the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
