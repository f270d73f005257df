"""Training of a FerNet: set up, fit, validate, keep the best."""

import csv
import json
import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler
from tqdm import tqdm

from fer_ros.atomic_file import atomic_file
from fer_ros.checkpoint import Checkpoint, save_checkpoint
from fer_ros.data.augment import AugmentConfig, augmented_face
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import load_ferplus
from fer_ros.errors import DatasetError, SettingError
from fer_ros.evaluate import CACHE
from fer_ros.face_crop import align_face
from fer_ros.metrics import Metrics, measure
from fer_ros.model import FerNet
from fer_ros.preprocess import make_batch
from fer_ros.structures import AlignedFace, FloatArray, Landmarks
from fer_ros.train_config import TrainConfig

_STATE_FILE = 'last.safetensors'


class AlignedFaces(Dataset[tuple[AlignedFace, FloatArray]]):
    """A face set, aligned on access and, with an augmentation, disturbed.

    The chance in a face's disturbance follows from seed, epoch and index alone, so it is the same
    for any number of workers and after a resume.
    """

    def __init__(
        self, faces: FaceSet, crop_px: int, augment: AugmentConfig | None = None, seed: int = 0
    ) -> None:
        self.faces = faces
        self.crop_px = crop_px
        self.augment = augment
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.faces)

    def __getitem__(self, index: int) -> tuple[AlignedFace, FloatArray]:
        image = self.faces.images[index]
        landmarks = Landmarks(self.faces.landmarks_px[index])
        if self.augment is None:
            face = align_face(image, landmarks, self.crop_px)
        else:
            rng = np.random.default_rng((self.seed, self.epoch, index))
            face = augmented_face(image, landmarks, self.crop_px, self.augment, rng)
        return face, self.faces.targets[index]


def collate(samples: list[tuple[AlignedFace, FloatArray]]) -> tuple[Tensor, Tensor, Tensor]:
    """Return crops, nodes and ``(B, C)`` targets of some samples."""
    batch = make_batch([face for face, _ in samples])
    targets = np.stack([target for _, target in samples])
    return torch.from_numpy(batch.crops), torch.from_numpy(batch.nodes), torch.from_numpy(targets)


@torch.inference_mode()
def predict(model: FerNet, faces: FaceSet, batch_size: int = 256) -> FloatArray:
    """Return the ``(N, C)`` probabilities that the model gives to a face set."""
    device = next(model.parameters()).device
    model.eval()
    loader = DataLoader(AlignedFaces(faces, model.config.crop_px), batch_size, collate_fn=collate)
    parts = [model(crops.to(device), nodes.to(device)).softmax(-1) for crops, nodes, _ in loader]
    probabilities: FloatArray = torch.cat(parts).cpu().numpy()
    return probabilities


class Trainer:
    """One training run in one folder; what it needs to go on after a stop lies there."""

    def __init__(
        self,
        config: TrainConfig,
        training: FaceSet,
        validation: FaceSet,
        out: Path,
        device: str = 'cpu',
    ) -> None:
        """Set up model, data and optimiser, and resume if ``out`` holds a stopped run.

        Raises:
            DatasetError: A class has no training face.
            SettingError: ``out`` holds a run of another configuration.
        """
        _require_all_classes(training)
        config = replace(config, model=replace(config.model, classes=training.classes))
        self.config, self.out, self.device = config, out, torch.device(device)
        self.validation = validation
        torch.manual_seed(config.seed)
        self.model = FerNet(config.model).to(self.device)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = deepcopy(self.model).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.model, config.weight_decay), lr=config.learning_rate
        )
        self.data = AlignedFaces(training, config.model.crop_px, config.augment, config.seed)
        self.weights = torch.from_numpy(_draw_weights(training, config.balance))
        self.steps = max(1, len(training) // config.batch_size)
        self.epoch = 0
        self.best = -1.0
        out.mkdir(parents=True, exist_ok=True)
        if (out / _STATE_FILE).is_file():
            self._resume()

    def fit(self, progress: bool = True) -> Metrics:
        """Train until the last epoch; return the validation figures of the last weights.

        After every epoch ``best.safetensors`` (by validation accuracy), ``last.safetensors`` and
        ``metrics.csv`` are up to date.
        """
        metrics = None
        while self.epoch < self.config.epochs:
            loss = self._train_epoch(progress)
            self.epoch += 1
            metrics = self._validate()
            if metrics.accuracy > self.best:
                self.best = metrics.accuracy
                self._save_best(metrics)
            self._log(loss, metrics)
            self._save_state()
            if progress:
                print(
                    f'epoch {self.epoch}: loss {loss:.4f}, validation accuracy '
                    f'{metrics.accuracy:.2%}, unweighted recall {metrics.unweighted_recall:.2%}',
                    flush=True,
                )
        # A run that was finished already has only to be judged.
        return self._validate() if metrics is None else metrics

    def _validate(self) -> Metrics:
        return measure(
            predict(self.average, self.validation),
            self.validation.labels(),
            self.config.model.classes,
        )

    def _train_epoch(self, progress: bool) -> float:
        config = self.config
        # All chance of an epoch follows from its number: a resumed run repeats the unbroken one.
        torch.manual_seed(config.seed * 100_003 + self.epoch)
        self.data.epoch = self.epoch
        self.model.train()
        total, count = 0.0, 0
        for step, (crops, nodes, targets) in enumerate(
            tqdm(
                self._batches(),
                desc=f'epoch {self.epoch + 1}/{config.epochs}',
                total=self.steps,
                unit='batch',
                disable=not progress,
            )
        ):
            self._set_learning_rate(self.epoch * self.steps + step)
            crops = crops.to(self.device, memory_format=torch.channels_last)
            logits = self.model(crops, nodes.to(self.device), *self._keep(len(crops)))
            loss = functional.cross_entropy(logits, targets.to(self.device))
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self.optimizer.step()
            self._update_average()
            total, count = total + loss.item() * len(crops), count + len(crops)
        return total / count

    def _batches(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        sampler = WeightedRandomSampler(self.weights.tolist(), self.steps * self.config.batch_size)
        loader = DataLoader(
            self.data,
            self.config.batch_size,
            sampler=sampler,
            collate_fn=collate,
            num_workers=self.config.workers,
        )
        return iter(loader)

    def _keep(self, batch: int) -> tuple[Tensor, Tensor] | tuple[None, None]:
        """Choose the faces that lose a stream; none loses both."""
        if self.config.model.stream != 'fused' or not self.config.modality_dropout:
            return None, None
        chance = torch.rand(batch, device=self.device)
        drop = self.config.modality_dropout
        return (chance >= drop).float(), (chance < 1 - drop).float()

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
        for key, value in self.model.state_dict().items():
            if value.is_floating_point():
                averaged[key].lerp_(value, 1 - self.config.ema_decay)
            else:
                averaged[key].copy_(value)

    def _save_best(self, metrics: Metrics) -> None:
        figures = {
            'epoch': self.epoch,
            'validation_accuracy': round(metrics.accuracy, 5),
            'validation_unweighted_recall': round(metrics.unweighted_recall, 5),
        }
        model = deepcopy(self.average).cpu().eval()
        save_checkpoint(Checkpoint(model, figures), self.out / 'best.safetensors')

    def _log(self, loss: float, metrics: Metrics) -> None:
        path = self.out / 'metrics.csv'
        new = not path.is_file()
        with path.open('a', newline='') as stream:
            writer = csv.writer(stream)
            if new:
                writer.writerow(
                    ['epoch', 'loss', 'validation_accuracy', 'validation_unweighted_recall']
                )
            writer.writerow(
                [
                    self.epoch,
                    f'{loss:.5f}',
                    f'{metrics.accuracy:.5f}',
                    f'{metrics.unweighted_recall:.5f}',
                ]
            )

    def _save_state(self) -> None:
        """Write all that the next epoch depends on, as safetensors."""
        tensors = {f'model.{key}': value for key, value in self.model.state_dict().items()}
        tensors |= {f'average.{key}': value for key, value in self.average.state_dict().items()}
        for index, state in self.optimizer.state_dict()['state'].items():
            tensors |= {f'optimizer.{index}.{key}': value for key, value in state.items()}
        metadata = {
            'epoch': str(self.epoch),
            'best': repr(self.best),
            'config': _fingerprint(self.config),
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
        self.model.load_state_dict(_with_prefix(tensors, 'model.'))
        self.average.load_state_dict(_with_prefix(tensors, 'average.'))
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _with_prefix(tensors, 'optimizer.').items():
            index, name = key.split('.')
            state.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()['param_groups']
        self.optimizer.load_state_dict({'state': state, 'param_groups': groups})


def train_ferplus(
    config: TrainConfig, data: Path, out: Path, device: str = '', threads: int = 0
) -> None:
    """Train on FER+ and leave ``best.safetensors`` in ``out``; a stopped run goes on.

    Args:
        config: The settings.
        data: ``fer2013plus.npz``.
        out: Folder of the run.
        device: ``cpu`` or ``cuda``; the latter where there is one when empty.
        threads: Of torch; 0 leaves the choice to it.

    Raises:
        DatasetError: The data cannot be used.
        SettingError: ``out`` holds a run of another configuration.
    """
    if threads:
        torch.set_num_threads(threads)
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    training = load_ferplus(data, 'train', CACHE, 'votes')
    validation = load_ferplus(data, 'validation', CACHE, 'majority')
    Trainer(config, training, validation, out, device).fit()
    print(f'wrote {out}/best.safetensors')


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }


def _fingerprint(config: TrainConfig) -> str:
    """Return the settings as text, without those that do not change the result."""
    values: dict[str, Any] = {
        **vars(config),
        'model': config.model.to_dict(),
        'augment': vars(config.augment),
    }
    del values['workers']
    return json.dumps(values, sort_keys=True)


def _parameter_groups(model: FerNet, weight_decay: float) -> list[dict[str, Any]]:
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
