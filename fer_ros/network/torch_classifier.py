"""TorchClassifier: runs the checkpoint itself in torch."""

from copy import deepcopy
from pathlib import Path

import torch

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import model_name
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint
from fer_ros.structures import FloatArray, ModelInput


class TorchClassifier:
    """Runs a checkpoint with the number of threads that torch is set to."""

    def __init__(self, checkpoint: Checkpoint, path: Path, device: str = 'cpu') -> None:
        """Use a checkpoint's model without changing it.

        Args:
            checkpoint: Checkpoint with the model; not changed.
            path: File it was read from.
            device: Device as named by torch.
        """
        self._device = device
        model = checkpoint.model
        self._model = model if device == 'cpu' else deepcopy(model).to(device)
        self.path, self.name = path, model_name(path)
        self.config, self.figures = model.config, checkpoint.figures
        self.streams = self.config.streams

    def logits(self, batch: ModelInput) -> FloatArray:
        """Return ``(B, C)`` float32 in the order of ``config.classes``."""
        return self.stream_logits(batch)[self.config.stream]

    def stream_logits(self, batch: ModelInput) -> dict[str, FloatArray]:
        """Return logits as ``logits`` does for the model and each of its streams."""
        with torch.inference_mode():
            crops, nodes = (
                torch.from_numpy(part).to(self._device) for part in (batch.crops, batch.nodes)
            )
            answers = self._model.streams(crops, nodes).by_name(self.config)
        return {name: logits.cpu().numpy() for name, logits in answers.items()}


def load_torch_classifier(
    path: Path, num_threads: int = 1, device: str = 'cpu'
) -> TorchClassifier:
    """Load a checkpoint; arguments and errors as for ``OnnxClassifier``."""
    if device == 'cuda' and not torch.cuda.is_available():
        raise SettingError("device is 'cuda', but torch finds no GPU: choose cpu")
    torch.set_num_threads(num_threads)
    return TorchClassifier(load_checkpoint(path), path, device)
