"""Batch → logits, by ONNX Runtime (default) or torch, with equal results."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fer_ros.bounded_memory import bounded_memory
from fer_ros.errors import ModelFileError
from fer_ros.face.graph import NUM_NODE_FEATURES
from fer_ros.file_digest import file_digest
from fer_ros.inference.config import ModelConfig, read_metadata
from fer_ros.inference.inputs import mirrored
from fer_ros.model_file import require_file
from fer_ros.onnx_session import load_session
from fer_ros.structures import NUM_LANDMARKS, FloatArray, ModelInput

BACKENDS = ('onnx', 'torch')
DEVICES = ('cpu', 'cuda')
INT8_SUFFIX = '.int8.onnx'
SHIPPED_MODEL = Path(__file__).parent.parent / 'weights' / 'ferplus.onnx'


class Classifier(Protocol):
    """A trained FerNet, ready for inference.

    Attributes:
        config: Configuration of the model, including the class order.
        figures: Evaluation results as JSON values.
        path: File it was loaded from.
        name: Name that identifies the model; see ``model_name``.
        streams: Streams that ``stream_logits`` returns, including the model's own.
    """

    config: ModelConfig
    figures: dict[str, Any]
    path: Path
    name: str
    streams: tuple[str, ...]

    def logits(self, batch: ModelInput) -> FloatArray:
        """Return ``(B, C)`` float32 in the order of ``config.classes``."""
        ...

    def stream_logits(self, batch: ModelInput) -> dict[str, FloatArray]:
        """Return logits as ``logits`` does for each of ``streams``."""
        ...


class OnnxClassifier:
    """Runs the ONNX export; needs neither torch nor PyTorch Geometric."""

    def __init__(self, path: Path, num_threads: int = 1, device: str = 'cpu') -> None:
        """Load a model.

        Args:
            path: ONNX file written by ``checkpoint.export_onnx``.
            num_threads: Number of threads that share the faces of a batch on the CPU.
            device: One of ``DEVICES``.

        Raises:
            ModelFileError: The file is missing, damaged or not a model of fer_ros.
            SettingError: ``device`` is not available.
        """
        require_file(path)
        with bounded_memory(path) if device == 'cpu' else nullcontext():
            self._load(path, num_threads, device)
            self._require_usable()

    def _load(self, path: Path, num_threads: int, device: str) -> None:
        self._session = load_session(path, device=device)
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.path, self.name = path, model_name(path)
        self.config, self.figures = read_metadata(path, metadata)
        shapes = {entry.name: entry.shape for entry in self._session.get_inputs()}
        if 'nodes' in shapes and shapes['nodes'][-1] != NUM_NODE_FEATURES:
            raise ModelFileError(
                f'model {path} expects {shapes["nodes"][-1]} features per landmark, but this '
                f'version computes {NUM_NODE_FEATURES}: export it again'
            )
        self._inputs = tuple(shapes)
        self.streams: tuple[str, ...] = (self.config.stream,)
        # A GPU processes all faces at once.
        self._num_threads = 1 if device == 'cuda' else num_threads
        # Its threads start when they are first used.
        self._others = ThreadPoolExecutor(max(self._num_threads - 1, 1))

    def logits(self, batch: ModelInput) -> FloatArray:
        """Return ``(B, C)`` float32 in the order of ``config.classes``."""
        count = min(self._num_threads, len(batch.crops))
        if count < 2:
            return self._run(batch)
        shares = [
            ModelInput(crops, nodes)
            for crops, nodes in zip(
                np.array_split(batch.crops, count), np.array_split(batch.nodes, count), strict=True
            )
        ]
        others = [self._others.submit(self._run, share) for share in shares[1:]]
        return np.concatenate([self._run(shares[0]), *(other.result() for other in others)])

    def stream_logits(self, batch: ModelInput) -> dict[str, FloatArray]:
        """Return logits as ``logits`` does, keyed by the model's own stream."""
        return {self.config.stream: self.logits(batch)}

    def _require_usable(self) -> None:
        """Run the model on two black faces, so that a fault shows at once."""
        side, classes = self.config.crop_px, self.config.classes
        black = ModelInput(
            np.zeros((2, 1, side, side), np.float32),
            np.zeros((2, NUM_LANDMARKS, NUM_NODE_FEATURES), np.float32),
        )
        try:
            logits = self._run(black)
        # ONNX Runtime's exceptions have no common base but Exception.
        except Exception as error:
            raise ModelFileError(f'model {self.path} cannot be computed: {error}') from error
        if logits.shape != (2, len(classes)):
            raise ModelFileError(
                f'model {self.path} returns {logits.shape} for two faces, but its configuration '
                f'names {len(classes)} classes'
            )
        if not np.isfinite(logits).all():
            raise ModelFileError(
                f'model {self.path} returns values that are not numbers: its weights are damaged'
            )

    def _run(self, batch: ModelInput) -> FloatArray:
        values = {'crops': batch.crops, 'nodes': batch.nodes}
        output: FloatArray = self._session.run(
            ['logits'], {name: values[name] for name in self._inputs}
        )[0]
        return output


class BothSides:
    """Runs a classifier on each face and its mirror image and averages the probabilities."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self.path, self.name = classifier.path, classifier.name
        self.config = classifier.config
        self.figures, self.streams = classifier.figures, classifier.streams

    def logits(self, batch: ModelInput) -> FloatArray:
        """Return ``(B, C)`` float32 logarithms of the averaged probabilities."""
        return _averaged(self._classifier.logits(_both_sides(batch)))

    def stream_logits(self, batch: ModelInput) -> dict[str, FloatArray]:
        """Return logits as ``logits`` does for each of ``streams``."""
        answers = self._classifier.stream_logits(_both_sides(batch))
        return {name: _averaged(logits) for name, logits in answers.items()}


def _both_sides(batch: ModelInput) -> ModelInput:
    """Return a batch followed by its mirror images."""
    other = mirrored(batch)
    return ModelInput(
        np.concatenate([batch.crops, other.crops]), np.concatenate([batch.nodes, other.nodes])
    )


def _averaged(logits: FloatArray) -> FloatArray:
    face, mirror_image = np.split(softmax(logits), 2)
    return np.log(np.maximum((face + mirror_image) / 2, 1e-12))


def softmax(logits: FloatArray) -> FloatArray:
    """Return ``(B, C)`` float32 probabilities of ``(B, C)`` logits."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: FloatArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities


def model_name(path: Path) -> str:
    """Return the name that identifies a model in messages: the file's name, ``@``, and the first
    12 hexadecimal digits of the SHA-256 of its content.
    """
    return f'{path.name}@{file_digest(path)[:12]}'
