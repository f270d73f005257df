"""Answers of a model in training on a face set, and their figures."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from fer_ros.data.face_set import FaceSet
from fer_ros.metrics import Metrics, measure
from fer_ros.network.fer_net import FerNet
from fer_ros.structures import FloatArray
from fer_ros.training.face_dataset import AlignedFaces, without_unknown

_BATCH_SIZE = 256


@torch.inference_mode()
def predict(model: FerNet, faces: FaceSet) -> dict[str, FloatArray]:
    """Return the ``(N, C)`` logits of the model and of each of its streams for a face set.

    The keys are those of ``ModelConfig.streams``. Classes that a face's data set lacks are ruled
    out.
    """
    device = next(model.parameters()).device
    model.eval()
    data = AlignedFaces(faces, model.config.crop_px)
    parts: dict[str, list[Tensor]] = {}
    for batch in DataLoader(data, _BATCH_SIZE, collate_fn=data.collate):
        batch = batch.to(device)
        for name, logits in model.streams(batch.crops, batch.nodes).by_name(model.config).items():
            known = without_unknown(logits.float(), batch.known_classes)
            parts.setdefault(name, []).append(known.cpu())
    return {name: torch.cat(logits).numpy() for name, logits in parts.items()}


def measured(logits: FloatArray, faces: FaceSet) -> Metrics:
    """Return the metrics of ``(N, C)`` logits for a face set."""
    return measure(torch.from_numpy(logits).softmax(-1).numpy(), faces.labels(), faces.classes)


def figures(epoch: int, metrics: Metrics) -> dict[str, Any]:
    """Return the figures that a checkpoint stores, as JSON values."""
    return {
        'epoch': epoch,
        'validation_accuracy': round(metrics.accuracy, 5),
        'validation_unweighted_recall': round(metrics.unweighted_recall, 5),
        'validation_calibration_error': round(metrics.calibration_error, 5),
    }
