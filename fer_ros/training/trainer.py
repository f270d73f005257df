"""Trainer: trains a FerNet, validates each epoch and keeps the best."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from fer_ros.data.datasets import TrainingData
from fer_ros.data.face_set import FaceSet
from fer_ros.data.lineage import COPIES_LEFT_OUT, has_seen_copies, lineage_of
from fer_ros.evaluation.calibration_tables import price_of_biases
from fer_ros.inference.config import FREQUENCIES
from fer_ros.metrics import Metrics
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from fer_ros.progress import ProgressBar
from fer_ros.structures import FloatArray
from fer_ros.training.calibration import calibrated_loss
from fer_ros.training.checks import (
    fitted_config,
    require_teachers_know,
    require_trainable,
    require_unseen,
)
from fer_ros.training.compute import Compute
from fer_ros.training.config import TrainConfig
from fer_ros.training.data_parallel import together, wait_for_all
from fer_ros.training.epoch_batches import EpochBatches
from fer_ros.training.export import keep, logits_to_keep
from fer_ros.training.face_dataset import Batch, drawn_frequencies, pooled_frequencies
from fer_ros.training.learner import build_learner, build_optimizer
from fer_ros.training.learning_rate import CosineSchedule
from fer_ros.training.log import EpochFigures, write_log
from fer_ros.training.run_state import Course, TrainingState, run_identity
from fer_ros.training.sources import Sources, load_sources
from fer_ros.training.teachers import taught
from fer_ros.training.thread_count import measured_thread_count
from fer_ros.training.validation import figures, measured
from fer_ros.training.weight_average import WeightAverage

_STATE_FILE = 'last.safetensors'
# Folder for the answers of teachers.
_ANSWERS = 'answers'


class Trainer:
    """One training run in one folder, from which it can resume.

    Attributes:
        config: Settings of the training, with the classes of the data and a batch size that the
            data can fill.
        learner: Model in training with its loss.
        average: Moving average of the model's weights.
        course: Progress of the training.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: TrainingData,
        out: Path,
        compute: Compute | None = None,
        sources: Sources | None = None,
    ) -> None:
        """Set up model and optimiser, and resume an interrupted run in ``out``.

        Args:
            config: Settings of the training.
            data: Training and validation faces.
            out: Folder of the run, created if missing.
            compute: Device, rank and threads; by default the CPU.
            sources: Checkpoints that ``config`` names; by default they are read.

        Raises:
            DatasetError: A class has no training face, there are too few faces for the processes
                or none for validation, or a teacher does not know a class.
            ModelFileError: A checkpoint is missing or damaged, or that in ``init`` has another
                architecture.
            SettingError: The configuration names other classes than the data has, a batch cannot
                be divided among the processes, a checkpoint was trained on test faces, or ``out``
                contains a run with other settings or data.
        """
        self.compute = compute or Compute()
        self.data, self.out = data, out
        processes = self.compute.rank.count
        require_trainable(data.training, data.validation, processes)
        self.config = config = fitted_config(config, data.training, processes)
        self.sources = sources or load_sources(config)
        require_unseen(self.sources, data.about)
        lineage = lineage_of(source.checkpoint.figures for source in self.sources)
        self._about = {**data.about, **({'lineage': lineage} if lineage else {})}
        if any(has_seen_copies(source.checkpoint.figures) for source in self.sources):
            self._about.pop('copies', None)
        elif lineage and 'fold' in data.about:
            self._about['copies'] = COPIES_LEFT_OUT
        require_teachers_know(self.sources, data.training.classes)
        mixed = config.mixed_precision and self.compute.has_bfloat16
        faces = data.training, data.validation
        self._identity = run_identity(config, processes, mixed, self.sources.digest, *faces)
        self.learner = build_learner(config, self.sources, data.training, mixed)
        self.learner.to(self.compute.device)
        self.learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = WeightAverage(self.learner.model, config.ema_decay)
        self.optimizer = build_optimizer(self.learner, config)
        self._state = TrainingState(self.learner, self.average.model, self.optimizer)
        self.course = Course()
        self._taught: FaceSet | None = None
        out.mkdir(parents=True, exist_ok=True)
        if (out / _STATE_FILE).is_file():
            self.course = self._state.load(out / _STATE_FILE, self._identity)

    def fit(self, progress: bool = True) -> Metrics:
        """Train until the last epoch; return the validation figures of the kept model.

        Finally, the calibrated model of the best epoch is written as ``model.safetensors``,
        ``model.onnx`` and, if it has one, ``model.int8.onnx``.

        Args:
            progress: Whether to show progress bars and print the figures of each epoch.
        """
        progress = progress and self.compute.rank.first
        self.fit_epochs(self.config.epochs - self.course.epoch, progress)
        # Of a finished run, the teachers' answers are read again.
        faces = self._with_targets(progress=False)
        if not self.compute.rank.first:
            return measured(self._logits(), self.data.validation)
        best, init = load_checkpoint(self.out / 'best.safetensors'), self.sources.init
        # The data is described as by this version, even if an earlier one began the run.
        config = self.config
        pooled = pooled_frequencies(faces, config.balance, config.second_share, config.shares)
        best = replace(best, figures={**best.figures, **self._about, FREQUENCIES: pooled})
        started_from = init.checkpoint if init is not None else None
        if config.class_biases and progress:
            validation = self.data.validation
            plain = replace(config, class_biases=False)
            logits = logits_to_keep(best.model, started_from, plain, validation)
            print(price_of_biases(logits, validation))
        return keep(best, started_from, self.out, config, self.data.validation)

    def fit_epochs(self, count: int, progress: bool = True) -> None:
        """Train for a number of epochs.

        Each epoch updates ``best.safetensors`` (lowest ``calibrated_loss``), ``last.safetensors``,
        ``metrics.csv``, ``curve.png`` and the TensorBoard log.

        Args:
            count: Number of epochs.
            progress: Whether to show progress bars and print the figures of each epoch.
        """
        self._set_threads(progress)
        if count < 1:
            return
        config, faces = self.config, self._with_targets(progress)
        # Teachers change how often a class is drawn, and how often it is the target.
        self._about[FREQUENCIES] = drawn_frequencies(faces, config.balance, config.shares)
        batches = EpochBatches(faces, config, self.compute.rank)
        trained = together(self.learner, self.compute.rank)
        for _ in range(count):
            loss = self._train_epoch(trained, batches, progress)
            self.course.epoch += 1
            if self.compute.rank.first:
                self._validate(loss, progress)

    def _set_threads(self, progress: bool) -> None:
        """Set the requested number of threads, else that of the resumed run, else the fastest."""
        threads = self.compute.threads or self.course.threads
        if not threads and (self.compute.device != 'cpu' or self.compute.rank.count > 1):
            threads = 1
        if not threads:
            threads = measured_thread_count(self.learner, self.data.training, self.config)
            if progress:
                print(f'threads: {threads}, the fastest in a few timed steps', flush=True)
        self.course.threads = threads
        torch.set_num_threads(threads)

    def _with_targets(self, progress: bool) -> FaceSet:
        """Return the training faces with the teachers' answers; the first call takes minutes."""
        config, teachers = self.config, self.sources.teachers
        if not teachers:
            return self.data.training
        if self._taught is not None:
            return self._taught
        # The first process computes the answers; the others wait and then read them.
        if not self.compute.rank.first:
            wait_for_all()
        self._taught = taught(
            self.data.training,
            teachers,
            config.teacher_share,
            config.teacher_views,
            self.out / _ANSWERS,
            self.compute.device,
            progress,
        )
        if self.compute.rank.first:
            wait_for_all()
        return self._taught

    def _train_epoch(self, trained: nn.Module, batches: EpochBatches, progress: bool) -> float:
        """Train for one epoch and return the mean loss."""
        config, epoch = self.config, self.course.epoch
        schedule = CosineSchedule(
            config.learning_rate,
            config.warmup_epochs * batches.steps,
            config.epochs * batches.steps,
        )
        self.learner.train()
        total, count = 0.0, 0
        device = torch.device(self.compute.device)
        label = f'epoch {epoch + 1}/{config.epochs}'
        with ProgressBar(total=len(batches), desc=label, unit='face', disable=not progress) as bar:
            for step, (batch, weight) in enumerate(batches.of_epoch(epoch), epoch * batches.steps):
                for group in self.optimizer.param_groups:
                    group['lr'] = schedule.rate(step)
                loss = self._step(trained, batch.to(device), weight)
                self.average.update(self.learner.model, step)
                faces = len(batch.crops)
                total, count = total + loss * faces, count + faces
                bar.update(faces * self.compute.rank.count)
        return total / count

    def _step(self, trained: nn.Module, batch: Batch, weight: float) -> float:
        loss: torch.Tensor = trained(batch)
        self.optimizer.zero_grad()
        (loss * weight).backward()
        torch.nn.utils.clip_grad_norm_(self.learner.parameters(), 5.0)
        self.optimizer.step()
        return float(loss.item())

    def _validate(self, loss: float, progress: bool) -> None:
        """Validate an epoch, save its weights if they are the best, and save the run's state."""
        logits, course = self._logits(), self.course
        metrics = measured(logits, self.data.validation)
        # On a few thousand faces, the accuracy fluctuates by chance; the loss hardly does.
        validation_loss = calibrated_loss(logits, self.data.validation.labels())
        if validation_loss < course.best_loss:
            course.best_loss = validation_loss
            model = deepcopy(self.average.model).cpu().eval()
            known = {**self._about, **figures(course.epoch, metrics)}
            save_checkpoint(Checkpoint(model, known), self.out / 'best.safetensors')
        accuracy, recall = metrics.accuracy, metrics.unweighted_recall
        course.history.append(EpochFigures(course.epoch, loss, validation_loss, accuracy, recall))
        write_log(course.history, self.out)
        self._state.save(self.out / _STATE_FILE, self._identity, course)
        if progress:
            print(
                f'epoch {course.epoch}: loss {loss:.4f}, validation accuracy {accuracy:.2%}, '
                f'unweighted recall {recall:.2%}',
                flush=True,
            )

    def _logits(self) -> FloatArray:
        """Return the validation logits of the model that would be kept now, at temperature 1."""
        init = self.sources.init
        started_from = init.checkpoint if init is not None else None
        model = self.average.model
        return logits_to_keep(model, started_from, self.config, self.data.validation)
