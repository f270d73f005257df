"""Training of a FerNet: set up, fit, validate, keep the best."""

import csv
import json
import math
import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, WeightedRandomSampler
from tqdm import tqdm

from fer_ros.atomic_file import atomic_file
from fer_ros.calibration import best_temperature, best_votes, calibrated_loss, class_offsets
from fer_ros.checkpoint import (
    Checkpoint,
    export_onnx,
    load_checkpoint,
    rounded,
    save_checkpoint,
)
from fer_ros.data.aligned_faces import AlignedFaces, Batch
from fer_ros.data.datasets import dataset_at, load_training_data
from fer_ros.data.face_set import FaceSet
from fer_ros.data.prepared import CACHE, cache_key
from fer_ros.data_parallel import Rank, join, leave, shared_out, together, wait_for_all
from fer_ros.errors import DatasetError, SettingError
from fer_ros.learner import Learner
from fer_ros.metrics import Metrics, measure
from fer_ros.model import FerNet
from fer_ros.model_config import ModelConfig
from fer_ros.quantize import quantize_onnx
from fer_ros.structures import FloatArray
from fer_ros.teacher import taught
from fer_ros.train_config import TrainConfig
from fer_ros.training_curve import draw_training
from fer_ros.training_state import TrainingState

_STATE_FILE = 'last.safetensors'
_COLUMNS = (
    'epoch',
    'loss',
    'validation_loss',
    'validation_accuracy',
    'validation_unweighted_recall',
)


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
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Set up model, data and optimiser, and resume if ``out`` holds a stopped run.

        Args:
            config: The settings.
            training: Faces to learn from.
            validation: Faces by which the best epoch is chosen and the model is calibrated.
            out: Folder of the run, made if missing.
            device: As torch names it.
            rank: Of a parallel training.
            about: What the model file says of the data, as JSON values.

        Raises:
            DatasetError: A class has no training face, or there are fewer faces than in a batch.
            ModelFileError: The checkpoint to start from is missing, damaged or another model.
            SettingError: ``out`` holds a run of another configuration.
        """
        _require_all_classes(training)
        _require_no_other_classes(config.model, training)
        self.rank = rank or Rank()
        _require_a_batch(training, config.batch_size, self.rank)
        if not len(validation):
            raise DatasetError('the validation data has no face')
        config = replace(config, model=replace(config.model, classes=training.classes))
        self.config, self.out, self.device = config, out, torch.device(device)
        self.validation, self.about = validation, dict(about or {})
        torch.manual_seed(config.seed)
        second = int(training.second_labels.max(initial=-1)) + 1
        learner = Learner(config, second)
        if config.init and not (out / _STATE_FILE).is_file():
            first = load_checkpoint(Path(config.init)).model
            learner.model.start_from(first)
            if config.init_share:
                # Whether that can be done is to be known before the training.
                deepcopy(learner.model).move_towards(first, config.init_share)
        self.learner = learner.to(self.device)
        self.learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = deepcopy(self.learner.model).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.learner, config.weight_decay), lr=config.learning_rate
        )
        self.data = AlignedFaces(training, config.model.crop_px, config.augment, config.seed)
        self.weights = torch.from_numpy(_draw_weights(training, config.balance))
        # A stopped run goes on only with what it began with.
        self._identity = {
            'settings': _fingerprint(config, self.rank.count),
            'data': _content(training, validation),
        }
        self.steps = len(training) // config.batch_size
        self._mixed = self.device.type == 'cuda' and torch.cuda.is_bf16_supported(False)
        self.epoch = 0
        self.best = math.inf
        self.history: list[dict[str, float]] = []
        out.mkdir(parents=True, exist_ok=True)
        if (out / _STATE_FILE).is_file():
            self._resume()

    def fit(self, progress: bool = True) -> Metrics:
        """Train until the last epoch; return the validation figures of the kept model.

        After every epoch ``best.safetensors`` (by ``calibrated_loss``), ``last.safetensors``,
        ``metrics.csv``, ``curve.png`` and the TensorBoard log are up to date; at the end
        ``model.safetensors``, ``model.onnx`` and ``model.int8.onnx``, the best one calibrated,
        are written; the last one if the model has a CNN.
        """
        trained = together(self.learner, self.rank)
        while self.epoch < self.config.epochs:
            loss = self._train_epoch(trained, progress and self.rank.first)
            self.epoch += 1
            if self.rank.first:
                self._close_epoch(loss, progress)
        if not self.rank.first:
            return self._measured(self._answers(self.average))
        return self._finish()

    def _close_epoch(self, loss: float, progress: bool) -> None:
        logits = self._answers(self.average)
        metrics = self._measured(logits)
        # On a few thousand faces the accuracy goes up and down by chance; the loss hardly does.
        validation_loss = calibrated_loss(logits, self.validation.labels())
        if validation_loss < self.best:
            self.best = validation_loss
            model = deepcopy(self.average).cpu().eval()
            checkpoint = Checkpoint(model, {**self.about, **_figures(self.epoch, metrics)})
            save_checkpoint(checkpoint, self.out / 'best.safetensors')
        row = (self.epoch, loss, validation_loss, metrics.accuracy, metrics.unweighted_recall)
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
        if self.config.init_share:
            first = load_checkpoint(Path(self.config.init)).model
            model.move_towards(first, self.config.init_share)
        labels = self.validation.labels()
        if model.voters:
            logits = predict(model, self.validation)
            votes = best_votes([logits[name] for name in model.voters], labels)
            model.set_votes(torch.from_numpy(votes))
        prior = self.validation.targets.mean(axis=0)
        offsets = class_offsets(prior, self.config.logit_adjustment)
        for name, answers in predict(model, self.validation).items():
            temperature = best_temperature(answers + offsets, labels)
            model.calibrate(name, torch.from_numpy(offsets), temperature)
        # Half of the file's size, and too small a change to be seen in any figure.
        model = rounded(model)
        metrics = self._measured(self._answers(model))
        figures = {**best.figures, **_figures(best.figures['epoch'], metrics)}
        kept = Checkpoint(model, figures)
        save_checkpoint(kept, self.out / 'model.safetensors', half=True)
        export_onnx(kept, self.out / 'model.onnx')
        if self.config.model.stream != 'gat':
            size_px = self.config.model.crop_px
            quantize_onnx(
                self.out / 'model.onnx', self.out / 'model.int8.onnx', self.validation, size_px
            )
        return metrics

    def _answers(self, model: FerNet) -> FloatArray:
        """Return the model's own logits for the validation faces."""
        logits = predict(model, self.validation)
        return logits.get('fused', next(iter(logits.values())))

    def _measured(self, logits: FloatArray) -> Metrics:
        probabilities = torch.from_numpy(logits).softmax(-1).numpy()
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
                done = self.epoch * self.steps + step
                self._set_learning_rate(done)
                loss = self._step(trained, batch.to(self.device))
                self._update_average(done)
                total, count = total + loss * len(batch.crops), count + len(batch.crops)
                bar.update(config.batch_size)
        return total / count

    def _step(self, trained: nn.Module, batch: Batch) -> float:
        # Convolutions in bfloat16 where the device has it; its range needs no scaling of the loss.
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._mixed):
            loss = trained(batch)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learner.parameters(), 5.0)
        self.optimizer.step()
        return float(loss.item())

    def _batches(self) -> Iterator[Batch]:
        drawn = WeightedRandomSampler(self.weights.tolist(), self.steps * self.config.batch_size)
        shares = shared_out(list(enumerate(drawn)), self.config.batch_size, self.rank)
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
    def _update_average(self, step: int) -> None:
        # A mean over all steps at first: short trainings would else keep their random start.
        decay = min(self.config.ema_decay, (1 + step) / (10 + step))
        averaged = self.average.state_dict()
        for key, value in self.learner.model.state_dict().items():
            if value.is_floating_point():
                averaged[key].lerp_(value, 1 - decay)
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

    def _state(self) -> TrainingState:
        return TrainingState(self.learner, self.average, self.optimizer)

    def _save_state(self) -> None:
        """Write all that the next epoch depends on."""
        progress = {'epoch': self.epoch, 'best': self.best, 'history': self.history}
        self._state().save(self.out / _STATE_FILE, self._identity, progress)

    def _resume(self) -> None:
        progress = self._state().load(self.out / _STATE_FILE, self._identity)
        self.epoch, self.best = progress['epoch'], progress['best']
        self.history = progress['history']


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
    if device == 'cuda':
        # The same command gives the same model on the same machine.
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
        torch.use_deterministic_algorithms(True)
    rank, device = join(device)
    try:
        # The first process fills the cache; the others wait and then read it.
        if not rank.first:
            wait_for_all()
        training, validation = load_training_data(data, CACHE, config.fold, rank.first)
        if rank.first:
            wait_for_all()
        if config.teacher:
            share = config.teacher_share
            training = taught(training, Path(config.teacher), share, rank.first)
        about: dict[str, Any] = {'dataset': dataset_at(data)}
        if about['dataset'] == 'crema_d':
            about['fold'] = config.fold
        trainer = Trainer(config, training, validation, out, device, rank, about)
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


def _fingerprint(config: TrainConfig, processes: int) -> str:
    """Return the settings as text, without those that do not change the result."""
    values: dict[str, Any] = {**asdict(config), 'model': config.model.to_dict()}
    del values['workers']
    return json.dumps({**values, 'processes': processes}, sort_keys=True)


def _content(*sets: FaceSet) -> str:
    """Return a text that changes with the data."""
    arrays = (a for s in sets for a in (s.images, s.landmarks_px, s.targets))
    return cache_key('training data', *(np.ascontiguousarray(a).tobytes() for a in arrays))


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


def _require_no_other_classes(config: ModelConfig, faces: FaceSet) -> None:
    if config.classes not in (ModelConfig().classes, faces.classes):
        raise SettingError(
            f'model classes are {", ".join(config.classes)}, those of the data '
            f'{", ".join(faces.classes)}: leave them out of the configuration'
        )


def _require_a_batch(faces: FaceSet, batch_size: int, rank: Rank) -> None:
    if len(faces) < batch_size:
        raise DatasetError(
            f'the training data has {len(faces)} faces, batch_size is {batch_size}: choose a '
            'smaller one'
        )
    if batch_size % rank.count or batch_size < 2 * rank.count:
        raise SettingError(
            f'batch_size is {batch_size}, needed is a multiple of {rank.count} processes with two '
            'faces or more for each'
        )
