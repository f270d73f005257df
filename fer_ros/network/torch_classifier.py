"""TorchClassifier: the checkpoint itself, asked through torch."""

from pathlib import Path

import torch

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import model_name
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.structures import FloatArray, ModelInput


class TorchClassifier:
    """Runs the checkpoint itself."""

    def __init__(self, path: Path, num_threads: int = 1, device: str = 'cpu') -> None:
        """Load a checkpoint; arguments and errors as for ``OnnxClassifier``."""
        if device == 'cuda' and not torch.cuda.is_available():
            raise SettingError("device is 'cuda', torch finds none here: choose cpu")
        torch.set_num_threads(num_threads)
        checkpoint = load_checkpoint(path)
        self._device = device
        self._model = checkpoint.model.to(device)
        self.path, self.name = path, model_name(path)
        self.config, self.figures = checkpoint.model.config, checkpoint.figures
        self.streams = self.config.streams

    def logits(self, batch: ModelInput) -> FloatArray:
        """Return ``(B, C)`` float32 in the order of ``config.classes``."""
        return self.stream_logits(batch)[self.config.stream]

    def stream_logits(self, batch: ModelInput) -> dict[str, FloatArray]:
        """Return what ``logits`` does, for the model and each of its streams."""
        with torch.inference_mode():
            crops, nodes = (
                torch.from_numpy(part).to(self._device) for part in (batch.crops, batch.nodes)
            )
            answers = self._model.streams(crops, nodes).by_name(self.config)
        return {name: logits.cpu().numpy() for name, logits in answers.items()}
