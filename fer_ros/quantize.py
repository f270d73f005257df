"""The 8-bit form of a model: its convolutions in whole numbers, for robots."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from fer_ros.answers import aligned_faces, batches
from fer_ros.atomic_file import atomic_file
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError, ModelFileError
from fer_ros.structures import AlignedFace

# Faces by which the ranges of the numbers are chosen; more did not change the answers.
NUM_FACES = 512


def quantize_onnx(source: Path, path: Path, faces: FaceSet, crop_px: int) -> None:
    """Write the 8-bit form of a model that ``export_onnx`` wrote.

    The 3x3 convolutions of all stages but the first, where most of the time goes, multiply
    unsigned 8-bit values by signed weights, with one scale per map and one per filter (Jacob et
    al. 2018). The stem and the first stage, whose errors all others would carry on, the shortcuts
    and the graph stay in 32-bit floats. Weights take 7 bits: two products then never exceed the
    16 bits in which processors without dot-product instructions add them, so that every processor
    gives the same answers.

    Args:
        source: ONNX file of a model with a CNN.
        path: The file; an existing one is replaced only by a whole one.
        faces: By whom the ranges are chosen: ``NUM_FACES``, spread over all.
        crop_px: Side of the aligned crops that the model takes.

    Raises:
        DatasetError: There is no face.
        ModelFileError: The model has no convolution.
    """
    import onnx

    if not len(faces):
        raise DatasetError('there is no face by which the ranges of 8-bit values could be chosen')
    spread = np.linspace(0, len(faces) - 1, min(len(faces), NUM_FACES)).astype(int)
    aligned = aligned_faces(faces.select(spread), crop_px)
    with TemporaryDirectory() as folder, atomic_file(path) as aside, _quiet():
        prepared = Path(folder) / 'prepared.onnx'
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(prepared)
        chosen = _convolutions(graph)
        if not chosen:
            # The quantizer would take an empty list for all that there is.
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
    """Gives the quantizer the faces, batch by batch."""

    def __init__(self, faces: Iterable[AlignedFace], inputs: Sequence[str]) -> None:
        self._values = (
            {name: getattr(batch, name) for name in inputs} for batch in batches(faces)
        )

    def get_next(self) -> dict[str, Any] | None:
        return next(self._values, None)


def _convolutions(graph: Any) -> list[str]:
    names = [node.name for node in graph.graph.node if node.op_type == 'Conv']
    # With the first stage it is 7 % quicker, but three times as many faces are answered otherwise.
    return [
        name
        for name in names
        if '/stages.0/' not in name and ('/conv1/' in name or '/conv2/' in name)
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the quantizer from writing advice about other settings to the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
