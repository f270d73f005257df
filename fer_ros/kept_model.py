"""The model that a training keeps: calibrated on the validation faces and written for use."""

from copy import deepcopy
from pathlib import Path

import torch

from fer_ros.calibration import best_temperature, best_votes, class_offsets
from fer_ros.data.face_set import FaceSet
from fer_ros.metrics import Metrics
from fer_ros.network.checkpoint import (
    Checkpoint,
    export_onnx,
    load_checkpoint,
    rounded,
    save_checkpoint,
)
from fer_ros.network.fer_net import FerNet
from fer_ros.quantize import quantize_onnx
from fer_ros.train_config import TrainConfig
from fer_ros.validation import figures, measured, predict


def calibrated(model: FerNet, validation: FaceSet, logit_adjustment: float) -> FerNet:
    """Return a copy of a trained model whose probabilities mean what they say, rounded to 16 bits.

    The votes of its streams, the lean towards rare classes and a temperature for each stream
    become part of its last layers.

    Args:
        model: In evaluation mode.
        validation: Faces that it has not learned from.
        logit_adjustment: As in ``TrainConfig``.
    """
    model, labels = deepcopy(model), validation.labels()
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

    Raises:
        ModelFileError: The checkpoint, or the one to share weights with, is missing, damaged or
            another model.
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
