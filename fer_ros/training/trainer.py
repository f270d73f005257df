"""Training of a FerNet: set up, fit, validate, keep the best."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from fer_ros.data.datasets import TrainingData
from fer_ros.data.face_set import FaceSet
from fer_ros.data.lineage import lineage_of
from fer_ros.evaluation.calibration_tables import price_of_biases
from fer_ros.inference.config import FREQUENCIES
from fer_ros.metrics import Metrics
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
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
# Folder of what the teachers say.
_ANSWERS = 'answers'


class Trainer:
    """One training run in one folder; what it needs to go on after a stop lies there.

    Attributes:
        config: The settings, with the classes of the data and a batch that they can fill.
        learner: What is trained.
        average: Average of its weights.
        course: How far it has come.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: TrainingData,
        out: Path,
        compute: Compute | None = None,
        sources: Sources | None = None,
    ) -> None:
        """Set up model and optimiser, and go on from where a run in ``out`` was stopped.

        Args:
            config: The settings.
            data: Faces to learn from and to judge by.
            out: Folder of the run, made if missing.
            compute: On what is computed; the CPU when not given.
            sources: The checkpoints that ``config`` names; read when not given.

        Raises:
            DatasetError: A class has no training face, there are too few faces for the processes,
                none to validate by, or a teacher does not know a class.
            ModelFileError: A checkpoint to start from or to learn from is missing, damaged or
                another model.
            SettingError: The model's classes are other ones, a batch cannot be shared out among
                the processes, a checkpoint has seen faces that are left for the test, or ``out``
                holds a run of other settings or data.
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
        self._about[FREQUENCIES] = drawn_frequencies(data.training, config.balance, config.shares)
        require_teachers_know(self.sources, data.training.classes)
        mixed = config.mixed_precision and self.compute.has_bfloat16
        faces = data.training, data.validation
        self._identity = run_identity(config, processes, mixed, self.sources.digest, *faces)
        self.learner = build_learner(config, self.sources, mixed)
        self.learner.to(self.compute.device)
        self.learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = WeightAverage(self.learner.model, config.ema_decay)
        self.optimizer = build_optimizer(self.learner, config)
        self._state = TrainingState(self.learner, self.average.model, self.optimizer)
        self.course = Course()
        out.mkdir(parents=True, exist_ok=True)
        if (out / _STATE_FILE).is_file():
            self.course = self._state.load(out / _STATE_FILE, self._identity)

    def fit(self, progress: bool = True) -> Metrics:
        """Train until the last epoch; return the validation figures of the kept model.

        At the end ``model.safetensors``, ``model.onnx`` and, if the model has a CNN,
        ``model.int8.onnx``, the best one calibrated, are written.

        Args:
            progress: Whether to draw bars and print how each epoch went.
        """
        progress = progress and self.compute.rank.first
        self.fit_epochs(self.config.epochs - self.course.epoch, progress)
        if not self.compute.rank.first:
            return measured(self._logits(), self.data.validation)
        best, init = load_checkpoint(self.out / 'best.safetensors'), self.sources.init
        # What is said of the data is what this version says, also of a run that began before it.
        config = self.config
        pooled = pooled_frequencies(
            self.data.training, config.balance, config.second_share, config.shares
        )
        best = replace(best, figures={**best.figures, **self._about, FREQUENCIES: pooled})
        started_from = init.checkpoint if init is not None else None
        if config.class_biases and progress:
            validation = self.data.validation
            plain = replace(config, class_biases=False)
            logits = logits_to_keep(best.model, started_from, plain, validation)
            print(price_of_biases(logits, validation))
        return keep(best, started_from, self.out, config, self.data.validation)

    def fit_epochs(self, count: int, progress: bool = True) -> None:
        """Train some more epochs.

        After each of them ``best.safetensors`` (by ``calibrated_loss``), ``last.safetensors``,
        ``metrics.csv``, ``curve.png`` and the TensorBoard log are up to date.

        Args:
            count: How many.
            progress: See ``fit``.
        """
        self._set_threads(progress)
        if count < 1:
            return
        batches = EpochBatches(self._with_targets(progress), self.config, self.compute.rank)
        trained = together(self.learner, self.compute.rank)
        for _ in range(count):
            loss = self._train_epoch(trained, batches, progress)
            self.course.epoch += 1
            if self.compute.rank.first:
                self._validate(loss, progress)

    def _set_threads(self, progress: bool) -> None:
        """Use the threads that were asked for, else the run's own, else the fastest number."""
        threads = self.compute.threads or self.course.threads
        if not threads and (self.compute.device != 'cpu' or self.compute.rank.count > 1):
            threads = 1
        if not threads:
            threads = measured_thread_count(self.learner, self.data.training, self.config)
            if progress:
                print(f'threads: {threads}, by a few measured steps', flush=True)
        self.course.threads = threads
        torch.set_num_threads(threads)

    def _with_targets(self, progress: bool) -> FaceSet:
        """Return the training faces, with what teachers say; in minutes the first time."""
        config, teachers = self.config, self.sources.teachers
        if not teachers:
            return self.data.training
        # The first process asks; the others wait and then read its answers.
        if not self.compute.rank.first:
            wait_for_all()
        faces = taught(
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
        return faces

    def _train_epoch(self, trained: nn.Module, batches: EpochBatches, progress: bool) -> float:
        """Return the mean loss."""
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
        with tqdm(total=len(batches), desc=label, unit='face', disable=not progress) as bar:
            for step, (batch, weight) in enumerate(batches.of_epoch(epoch), epoch * batches.steps):
                for group in self.optimizer.param_groups:
                    group['lr'] = schedule.rate(step) * group['share']
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
        """Judge an epoch, keep its weights if they are the best, and write where the run is."""
        logits, course = self._logits(), self.course
        metrics = measured(logits, self.data.validation)
        # On a few thousand faces the accuracy goes up and down by chance; the loss hardly does.
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
        """Return the validation logits of what would be kept now, but for its temperature."""
        init = self.sources.init
        started_from = init.checkpoint if init is not None else None
        model = self.average.model
        return logits_to_keep(model, started_from, self.config, self.data.validation)
