"""Training of a FerNet: set up, fit, validate, keep the best."""

import csv
import json
import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, WeightedRandomSampler
from tqdm import tqdm

from fer_ros.atomic_file import atomic_file
from fer_ros.calibration import best_temperature, class_offsets, fold_in
from fer_ros.checkpoint import (
    Checkpoint,
    export_onnx,
    load_checkpoint,
    rounded,
    save_checkpoint,
)
from fer_ros.data.aligned_faces import AlignedFaces, Batch
from fer_ros.data.datasets import load_training_data
from fer_ros.data.face_set import FaceSet
from fer_ros.data_parallel import Rank, join, leave, together
from fer_ros.errors import DatasetError, SettingError
from fer_ros.evaluate import CACHE
from fer_ros.learner import Learner
from fer_ros.metrics import Metrics, measure
from fer_ros.model import FerNet
from fer_ros.report import draw_training
from fer_ros.structures import FloatArray
from fer_ros.train_config import TrainConfig

_STATE_FILE = 'last.safetensors'
_COLUMNS = ('epoch', 'loss', 'validation_accuracy', 'validation_unweighted_recall')


@torch.inference_mode()
def predict(model: FerNet, faces: FaceSet, batch_size: int = 256) -> dict[str, FloatArray]:
    """Return the ``(N, C)`` logits for a face set, of the model and of each of its streams.

    The keys are ``fused``, ``cnn`` and ``gat``, as far as the model has them.
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


class Trainer:
    """One training run in one folder; what it needs to go on after a stop lies there."""

    def __init__(
        self,
        config: TrainConfig,
        training: FaceSet,
        validation: FaceSet,
        out: Path,
        device: str = 'cpu',
        rank: Rank | None = None,
    ) -> None:
        """Set up model, data and optimiser, and resume if ``out`` holds a stopped run.

        Raises:
            DatasetError: A class has no training face, or there are fewer faces than in a batch.
            ModelFileError: The checkpoint to start from is missing, damaged or another model.
            SettingError: ``out`` holds a run of another configuration.
        """
        _require_all_classes(training)
        _require_a_batch(training, config.batch_size)
        config = replace(config, model=replace(config.model, classes=training.classes))
        self.config, self.out, self.device = config, out, torch.device(device)
        self.rank = rank or Rank()
        self.validation = validation
        torch.manual_seed(config.seed)
        second = int(training.second_labels.max(initial=-1)) + 1
        learner = Learner(config, second)
        if config.init:
            learner.model.start_from(load_checkpoint(Path(config.init)).model)
        self.learner = learner.to(self.device)
        self.learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = deepcopy(self.learner.model).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.learner, config.weight_decay), lr=config.learning_rate
        )
        self.data = AlignedFaces(training, config.model.crop_px, config.augment, config.seed)
        self.weights = torch.from_numpy(_draw_weights(training, config.balance))
        self.steps = len(training) // config.batch_size
        self.epoch = 0
        self.best = -1.0
        self.history: list[dict[str, float]] = []
        out.mkdir(parents=True, exist_ok=True)
        if (out / _STATE_FILE).is_file():
            self._resume()

    def fit(self, progress: bool = True) -> Metrics:
        """Train until the last epoch; return the validation figures of the kept model.

        After every epoch ``best.safetensors`` (by validation accuracy), ``last.safetensors``,
        ``metrics.csv``, ``curve.png`` and the TensorBoard log are up to date; at the end
        ``model.safetensors`` and ``model.onnx``, the best one calibrated, are written.
        """
        trained = together(self.learner, self.rank)
        while self.epoch < self.config.epochs:
            loss = self._train_epoch(trained, progress and self.rank.first)
            self.epoch += 1
            if self.rank.first:
                self._close_epoch(loss, progress)
        if not self.rank.first:
            return self._validate(self.average)
        return self._finish()

    def _close_epoch(self, loss: float, progress: bool) -> None:
        metrics = self._validate(self.average)
        if metrics.accuracy > self.best:
            self.best = metrics.accuracy
            model = deepcopy(self.average).cpu().eval()
            checkpoint = Checkpoint(model, _figures(self.epoch, metrics))
            save_checkpoint(checkpoint, self.out / 'best.safetensors')
        row = (self.epoch, loss, metrics.accuracy, metrics.unweighted_recall)
        self.history.append(dict(zip(_COLUMNS, row, strict=True)))
        self._log()
        self._save_state()
        if progress:
            print(
                f'epoch {self.epoch}: loss {loss:.4f}, validation accuracy '
                f'{metrics.accuracy:.2%}, unweighted recall {metrics.unweighted_recall:.2%}',
                flush=True,
            )

    def _finish(self) -> Metrics:
        """Calibrate the best model on the validation faces and write it for use."""
        best = load_checkpoint(self.out / 'best.safetensors')
        model = best.model
        labels = self.validation.labels()
        prior = self.validation.targets.mean(axis=0)
        offsets = class_offsets(prior, self.config.logit_adjustment)
        for name, logits in predict(model, self.validation).items():
            temperature = best_temperature(logits + offsets, labels)
            fold_in(model.classifier_of(name), offsets, temperature)
        # Half of the file's size, and too small a change to be seen in any figure.
        model = rounded(model)
        metrics = self._validate(model)
        figures = {**best.figures, **_figures(best.figures['epoch'], metrics)}
        kept = Checkpoint(model, figures)
        save_checkpoint(kept, self.out / 'model.safetensors', half=True)
        export_onnx(kept, self.out / 'model.onnx')
        return metrics

    def _validate(self, model: FerNet) -> Metrics:
        logits = predict(model, self.validation)
        own = logits.get('fused', next(iter(logits.values())))
        probabilities = torch.from_numpy(own).softmax(-1).numpy()
        return measure(probabilities, self.validation.labels(), self.config.model.classes)

    def _train_epoch(self, trained: nn.Module, progress: bool) -> float:
        config = self.config
        # All chance of an epoch follows from its number: a resumed run repeats the unbroken one.
        torch.manual_seed(config.seed * 100_003 + self.epoch)
        self.data.epoch = self.epoch
        self.learner.train()
        batches = self._batches()
        # The processes of a parallel training draw the same faces and share them out; what is
        # left out of each face's features differs between them.
        torch.manual_seed((config.seed * 100_003 + self.epoch) * 1009 + self.rank.index)
        total, count = 0.0, 0
        with tqdm(
            total=self.steps * config.batch_size,
            desc=f'epoch {self.epoch + 1}/{config.epochs}',
            unit='face',
            disable=not progress,
        ) as bar:
            for step, batch in enumerate(batches):
                self._set_learning_rate(self.epoch * self.steps + step)
                loss = self._step(trained, batch.to(self.device))
                total, count = total + loss * len(batch.crops), count + len(batch.crops)
                bar.update(config.batch_size)
        return total / count

    def _step(self, trained: nn.Module, batch: Batch) -> float:
        # Convolutions in bfloat16 where the device has it; its range needs no scaling of the loss.
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == 'cuda'):
            loss = trained(batch)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learner.parameters(), 5.0)
        self.optimizer.step()
        self._update_average()
        return float(loss.item())

    def _batches(self) -> Iterator[Batch]:
        size = self.config.batch_size
        drawn = list(WeightedRandomSampler(self.weights.tolist(), self.steps * size))
        shares = [
            drawn[step * size : (step + 1) * size][self.rank.index :: self.rank.count]
            for step in range(self.steps)
        ]
        loader = DataLoader(
            self.data,
            batch_sampler=shares,
            collate_fn=self.data.collate,
            num_workers=self.config.workers,
        )
        return iter(loader)

    def _set_learning_rate(self, step: int) -> None:
        warmup = self.config.warmup_epochs * self.steps
        total = self.config.epochs * self.steps
        if step < warmup:
            factor = (step + 1) / warmup
        else:
            factor = (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2
        for group in self.optimizer.param_groups:
            group['lr'] = self.config.learning_rate * factor

    @torch.no_grad()
    def _update_average(self) -> None:
        averaged = self.average.state_dict()
        for key, value in self.learner.model.state_dict().items():
            if value.is_floating_point():
                averaged[key].lerp_(value, 1 - self.config.ema_decay)
            else:
                averaged[key].copy_(value)

    def _log(self) -> None:
        from torch.utils.tensorboard import SummaryWriter

        with (
            atomic_file(self.out / 'metrics.csv') as aside,
            aside.open('w', newline='') as stream,
        ):
            writer = csv.DictWriter(stream, _COLUMNS)
            writer.writeheader()
            for row in self.history:
                writer.writerow({key: round(value, 5) for key, value in row.items()})
        draw_training(self.history, self.out / 'curve.png')
        with SummaryWriter(str(self.out / 'tensorboard')) as board:
            for name in _COLUMNS[1:]:
                board.add_scalar(name, self.history[-1][name], self.epoch)

    def _save_state(self) -> None:
        """Write all that the next epoch depends on, as safetensors."""
        tensors = {f'learner.{key}': value for key, value in self.learner.state_dict().items()}
        tensors |= {f'average.{key}': value for key, value in self.average.state_dict().items()}
        for index, state in self.optimizer.state_dict()['state'].items():
            tensors |= {f'optimizer.{index}.{key}': value for key, value in state.items()}
        metadata = {
            'epoch': str(self.epoch),
            'best': repr(self.best),
            'config': _fingerprint(self.config),
            'history': json.dumps(self.history),
        }
        whole = {key: value.clone().contiguous() for key, value in tensors.items()}
        with atomic_file(self.out / _STATE_FILE) as aside:
            save_file(whole, aside, metadata)

    def _resume(self) -> None:
        with safe_open(self.out / _STATE_FILE, framework='pt') as file:
            metadata = file.metadata()
            tensors = {key: file.get_tensor(key) for key in list(file.keys())}
        if metadata['config'] != _fingerprint(self.config):
            raise SettingError(
                f'{self.out} holds a training with other settings: choose another folder, or '
                'remove it to start again'
            )
        self.epoch, self.best = int(metadata['epoch']), float(metadata['best'])
        self.history = json.loads(metadata['history'])
        self.learner.load_state_dict(_with_prefix(tensors, 'learner.'))
        self.average.load_state_dict(_with_prefix(tensors, 'average.'))
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _with_prefix(tensors, 'optimizer.').items():
            index, name = key.split('.')
            state.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()['param_groups']
        self.optimizer.load_state_dict({'state': state, 'param_groups': groups})


def train(config: TrainConfig, data: Path, out: Path, device: str = '', threads: int = 0) -> None:
    """Train on the data at a path and leave a model in ``out``; a stopped run goes on.

    Args:
        config: The settings.
        data: As in ``load_training_data``.
        out: Folder of the run.
        device: ``cpu`` or ``cuda``; the latter where there is one when empty.
        threads: Of torch; 0 leaves the choice to it.

    Raises:
        DatasetError: The data cannot be used.
        ModelFileError: The checkpoint to start from cannot be used.
        SettingError: ``device`` is not there, or ``out`` holds a run of another configuration.
    """
    if threads:
        torch.set_num_threads(threads)
    has_gpu = torch.cuda.is_available()
    device = device or ('cuda' if has_gpu else 'cpu')
    if device not in ('cpu', 'cuda') or (device == 'cuda' and not has_gpu):
        raise SettingError(
            f'device is {device!r}, allowed are cpu' + (' and cuda' if has_gpu else ' here')
        )
    rank, device = join(device)
    try:
        training, validation = load_training_data(data, CACHE, config.fold, rank.first)
        trainer = Trainer(config, training, validation, out, device, rank)
        metrics = trainer.fit()
    finally:
        leave()
    if rank.first:
        print(f'validation accuracy of the calibrated model {metrics.accuracy:.2%}')
        print(f'wrote {out}/model.safetensors and model.onnx')


def _figures(epoch: int, metrics: Metrics) -> dict[str, Any]:
    return {
        'epoch': epoch,
        'validation_accuracy': round(metrics.accuracy, 5),
        'validation_unweighted_recall': round(metrics.unweighted_recall, 5),
        'validation_calibration_error': round(metrics.calibration_error, 5),
    }


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }


def _fingerprint(config: TrainConfig) -> str:
    """Return the settings as text, without those that do not change the result."""
    values: dict[str, Any] = {**asdict(config), 'model': config.model.to_dict()}
    del values['workers']
    return json.dumps(values, sort_keys=True)


def _parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices and kernels; leave norms and biases alone."""
    parameters = list(model.parameters())
    return [
        {'params': [p for p in parameters if p.ndim > 1], 'weight_decay': weight_decay},
        {'params': [p for p in parameters if p.ndim <= 1], 'weight_decay': 0.0},
    ]


def _draw_weights(faces: FaceSet, balance: float) -> FloatArray:
    """Return ``(N,)`` how likely each face is drawn, by how rare its classes are."""
    share = faces.targets.mean(axis=0)
    rarity = np.maximum(share, 1e-6) ** -balance
    weights: FloatArray = faces.targets @ rarity
    return weights


def _require_all_classes(faces: FaceSet) -> None:
    counts = np.bincount(faces.labels(), minlength=len(faces.classes))
    missing = [name for name, count in zip(faces.classes, counts, strict=True) if not count]
    if missing:
        raise DatasetError(f'the training data has no face of the class {", ".join(missing)}')


def _require_a_batch(faces: FaceSet, batch_size: int) -> None:
    if len(faces) < batch_size:
        raise DatasetError(
            f'the training data has {len(faces)} faces, batch_size is {batch_size}: choose a '
            'smaller one'
        )
