"""Training of a FerNet: set up, fit, validate, keep the best."""

import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, WeightedRandomSampler
from tqdm import tqdm

from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError
from fer_ros.metrics import Metrics
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from fer_ros.network.weight_transfer import average_weights, copy_weights
from fer_ros.structures import FloatArray
from fer_ros.training.calibration import calibrated_loss
from fer_ros.training.checks import require_present, require_trainable, require_unseen
from fer_ros.training.config import TrainConfig
from fer_ros.training.data_parallel import Rank, shared_out, together
from fer_ros.training.export import keep
from fer_ros.training.face_dataset import AlignedFaces, Batch, draw_weights
from fer_ros.training.log import COLUMNS, write_log
from fer_ros.training.loss import Learner
from fer_ros.training.run_state import TrainingState, run_identity
from fer_ros.training.teachers import taught
from fer_ros.training.validation import figures, measured, predict

_STATE_FILE = 'last.safetensors'


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
            DatasetError: A class has no training face, there are fewer faces than in a batch, no
                face to validate by, or a teacher does not know a class.
            ModelFileError: A checkpoint to start from or to learn from is missing, damaged or
                another model.
            SettingError: The model's classes are other ones, a batch cannot be shared out among
                the processes, a checkpoint has seen faces that are left for the test, or ``out``
                holds a run of other settings or data.
        """
        self.rank = rank or Rank()
        require_trainable(config, training, self.rank.count)
        if not len(validation):
            raise DatasetError('the validation data has no face')
        config = replace(config, model=replace(config.model, classes=training.classes))
        self.config, self.out, self.device = config, out, torch.device(device)
        self.validation, self.about = validation, dict(about or {})
        require_present(config.sources)
        require_unseen(config.sources, self.about)
        self._mixed = config.mixed_precision and _has_bfloat16(self.device)
        self._identity = run_identity(config, self.rank.count, self._mixed, training, validation)
        torch.manual_seed(config.seed)
        second = int(training.second_labels.max(initial=-1)) + 1
        learner = Learner(config, second)
        if config.init:
            first = load_checkpoint(Path(config.init)).model
            copy_weights(first, learner.model)
            if config.init_share:
                # Whether that can be done is to be known before the training.
                average_weights(first, deepcopy(learner.model), config.init_share)
        self.learner = learner.to(self.device)
        self.learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = deepcopy(self.learner.model).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.learner, config.weight_decay), lr=config.learning_rate
        )
        self.epoch = 0
        self.best = math.inf
        self.history: list[dict[str, float]] = []
        out.mkdir(parents=True, exist_ok=True)
        if (out / _STATE_FILE).is_file():
            self._resume()
        # Last, for it takes minutes.
        if config.teachers and self.epoch < config.epochs:
            teachers = [Path(name) for name in config.teachers]
            share, progress = config.teacher_share, self.rank.first
            training = taught(training, teachers, share, str(self.device), progress)
        self.data = AlignedFaces(training, config.model.crop_px, config.augment, config.seed)
        self.weights = torch.from_numpy(draw_weights(training, config.balance))
        self.steps = len(training) // config.batch_size

    def fit(self, progress: bool = True) -> Metrics:
        """Train until the last epoch; return the validation figures of the kept model.

        After every epoch ``best.safetensors`` (by ``calibrated_loss``), ``last.safetensors``,
        ``metrics.csv``, ``curve.png`` and the TensorBoard log are up to date; at the end
        ``model.safetensors``, ``model.onnx`` and ``model.int8.onnx``, the best one calibrated,
        are written; the last one if the model has a CNN.

        Raises:
            ModelFileError: The checkpoint to share weights with is gone.
        """
        trained = together(self.learner, self.rank)
        while self.epoch < self.config.epochs:
            loss = self._train_epoch(trained, progress and self.rank.first)
            self.epoch += 1
            if self.rank.first:
                self._close_epoch(loss, progress)
        if not self.rank.first:
            return measured(self._answers(), self.validation)
        return keep(self.out / 'best.safetensors', self.out, self.config, self.validation)

    def _close_epoch(self, loss: float, progress: bool) -> None:
        logits = self._answers()
        metrics = measured(logits, self.validation)
        # On a few thousand faces the accuracy goes up and down by chance; the loss hardly does.
        validation_loss = calibrated_loss(logits, self.validation.labels())
        if validation_loss < self.best:
            self.best = validation_loss
            model = deepcopy(self.average).cpu().eval()
            checkpoint = Checkpoint(model, {**self.about, **figures(self.epoch, metrics)})
            save_checkpoint(checkpoint, self.out / 'best.safetensors')
        row = (self.epoch, loss, validation_loss, metrics.accuracy, metrics.unweighted_recall)
        self.history.append(dict(zip(COLUMNS, row, strict=True)))
        write_log(self.history, self.out)
        self._save_state()
        if progress:
            print(
                f'epoch {self.epoch}: loss {loss:.4f}, validation accuracy '
                f'{metrics.accuracy:.2%}, unweighted recall {metrics.unweighted_recall:.2%}',
                flush=True,
            )

    def _answers(self) -> FloatArray:
        """Return the averaged model's logits for the validation faces."""
        return predict(self.average, self.validation)[self.config.model.stream]

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


def _has_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies bfloat16 by itself and not by way of float32."""
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    able = torch.cpu.get_capabilities()
    return bool(able.get('amx_bf16') or able.get('avx512_bf16'))


def _parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay matrices and kernels; leave norms and biases alone."""
    parameters = list(model.parameters())
    return [
        {'params': [p for p in parameters if p.ndim > 1], 'weight_decay': weight_decay},
        {'params': [p for p in parameters if p.ndim <= 1], 'weight_decay': 0.0},
    ]
