"""The model that a training keeps: calibrated on the validation faces and written for use."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from fer_ros.calibration import best_temperature, best_votes, class_offsets
from fer_ros.checkpoint import Checkpoint, export_onnx, load_checkpoint, rounded, save_checkpoint
from fer_ros.data.aligned_faces import AlignedFaces
from fer_ros.data.face_set import FaceSet
from fer_ros.metrics import Metrics, measure
from fer_ros.model import FerNet
from fer_ros.quantize import quantize_onnx
from fer_ros.structures import FloatArray
from fer_ros.train_config import TrainConfig


@torch.inference_mode()
def predict(model: FerNet, faces: FaceSet, batch_size: int = 256) -> dict[str, FloatArray]:
    """Return the ``(N, C)`` logits for a face set, of the model and of each of its streams.

    The keys are those of ``ModelConfig.streams``.
    """
    device = next(model.parameters()).device
    model.eval()
    data = AlignedFaces(faces, model.config.crop_px)
    parts: dict[str, list[Tensor]] = {}
    for batch in DataLoader(data, batch_size, collate_fn=data.collate):
        batch = batch.to(device)
        for name, logits in model.streams(batch.crops, batch.nodes).by_name(model.config).items():
            parts.setdefault(name, []).append(logits.float().cpu())
    return {name: torch.cat(logits).numpy() for name, logits in parts.items()}


def measured(logits: FloatArray, faces: FaceSet) -> Metrics:
    """Return the figures of ``(N, C)`` logits for a face set."""
    return measure(torch.from_numpy(logits).softmax(-1).numpy(), faces.labels(), faces.classes)


def figures(epoch: int, metrics: Metrics) -> dict[str, Any]:
    """Return what a checkpoint says of itself, as JSON values."""
    return {
        'epoch': epoch,
        'validation_accuracy': round(metrics.accuracy, 5),
        'validation_unweighted_recall': round(metrics.unweighted_recall, 5),
        'validation_calibration_error': round(metrics.calibration_error, 5),
    }


def calibrated(model: FerNet, validation: FaceSet, logit_adjustment: float) -> FerNet:
    """Return a trained model whose probabilities mean what they say, with weights of 16 bits.

    The votes of its streams, the lean towards rare classes and a temperature for each stream
    become part of its last layers, which change.

    Args:
        model: In evaluation mode.
        validation: Faces that it has not learned from.
        logit_adjustment: As in ``TrainConfig``.
    """
    labels = validation.labels()
    if model.voters:
        logits = predict(model, validation)
        votes = best_votes([logits[name] for name in model.voters], labels)
        model.set_votes(torch.from_numpy(votes))
    offsets = class_offsets(validation.targets.mean(axis=0), logit_adjustment)
    for name, answers in predict(model, validation).items():
        temperature = best_temperature(answers + offsets, labels)
        model.calibrate(name, torch.from_numpy(offsets), temperature)
    # Half of the file's size, and too small a change to be seen in any figure.
    return rounded(model)


def keep(best: Path, out: Path, config: TrainConfig, validation: FaceSet) -> Metrics:
    """Write the model that a training keeps; return its figures on the validation faces.

    Args:
        best: Checkpoint of the best epoch.
        out: Folder for ``model.safetensors``, ``model.onnx`` and, if the model has a CNN,
            ``model.int8.onnx``.
        config: Of the training.
        validation: Faces for the calibration.
    """
    checkpoint = load_checkpoint(best)
    model = checkpoint.model
    if config.init_share:
        model.move_towards(load_checkpoint(Path(config.init)).model, config.init_share)
    model = calibrated(model, validation, config.logit_adjustment)
    metrics = measured(predict(model, validation)[model.config.stream], validation)
    known = {**checkpoint.figures, **figures(checkpoint.figures['epoch'], metrics)}
    kept = Checkpoint(model, known)
    save_checkpoint(kept, out / 'model.safetensors', half=True)
    export_onnx(kept, out / 'model.onnx')
    if model.config.stream != 'gat':
        source, target = out / 'model.onnx', out / 'model.int8.onnx'
        quantize_onnx(source, target, validation, model.config.crop_px)
    return metrics
