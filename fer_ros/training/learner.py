"""Learner: a model with its training loss, and the optimiser that minimises it."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.predictions import aligned_faces
from fer_ros.inference.inputs import make_batch
from fer_ros.network.fer_net import FerNet
from fer_ros.network.mobilenet import MobileNetStream
from fer_ros.network.weight_transfer import average_weights, copy_weights
from fer_ros.training.config import TrainConfig
from fer_ros.training.face_dataset import Batch, without_unknown
from fer_ros.training.sources import Sources

# Number of faces to which batch norms are fitted at the start.
_TYPICAL_FACES = 256


class Learner(nn.Module):
    """A FerNet with its loss.

    loss = CE(model) + stream_loss · (CE(cnn) + CE(gat)) + second_loss · CE(second
    classifier), where CE is the cross entropy with the targets (for FER+ the distribution of the
    votes: Barsoum et al. 2016, eq. 3) or, for the second classifier, the second targets. In a
    training on data sets with different classes, the loss of each face is restricted to the
    classes of its own set.
    """

    def __init__(self, config: TrainConfig, mixed_precision: bool = False) -> None:
        super().__init__()
        self.config, self.mixed_precision = config, mixed_precision
        self.model = FerNet(config.model)

    def forward(self, batch: Batch) -> Tensor:
        """Return the loss, a scalar."""
        # Convolutions in bfloat16 where the device has it; its range needs no scaling of the loss.
        device = batch.crops.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.mixed_precision):
            return self._loss(batch)

    def _loss(self, batch: Batch) -> Tensor:
        keep_cnn, keep_gat = self._keep(batch.crops)
        answer = self.model.streams(batch.crops, batch.nodes, keep_cnn, keep_gat)
        loss = self._class_loss(answer.logits, batch)
        for logits in (answer.cnn, answer.gat):
            # Even with a weight of 0: parallel training waits for a gradient of every parameter.
            if logits is not None:
                loss = loss + self.config.stream_loss * self._class_loss(logits, batch)
        if answer.second is not None:
            # Not reduction='mean', which would be NaN in a batch without second labels.
            total = functional.cross_entropy(answer.second, batch.second_targets, reduction='sum')
            loss = loss + self.config.second_loss * total / batch.second_targets.sum().clamp(min=1)
        return loss

    def _class_loss(self, logits: Tensor, batch: Batch) -> Tensor:
        known = without_unknown(logits, batch.known_classes)
        return functional.cross_entropy(known, batch.targets)

    def _keep(self, crops: Tensor) -> tuple[Tensor, Tensor] | tuple[None, None]:
        """Choose the faces that lose a stream; no face loses both."""
        drop = self.config.modality_dropout
        # In late fusion each stream is trained to answer alone anyway.
        if self.config.model.stream != 'fused' or self.model.adds_logits or not drop:
            return None, None
        chance = torch.rand(len(crops), device=crops.device)
        return (chance >= drop).float(), (chance < 1 - drop).float()


def build_learner(
    config: TrainConfig, sources: Sources, faces: FaceSet, mixed_precision: bool
) -> Learner:
    """Return a learner with initial weights, random or from a checkpoint.

    Args:
        config: Settings of the training, with the classes of the data.
        sources: Checkpoints of the training.
        faces: Training faces, to which batch norms that have never seen any are fitted.
        mixed_precision: Whether it computes in bfloat16.

    Raises:
        ModelFileError: The checkpoint in ``init`` has another architecture.
    """
    torch.manual_seed(config.seed)
    learner = Learner(config, mixed_precision)
    if sources.init is not None:
        first = sources.init.checkpoint.model
        copy_weights(first, learner.model)
        if config.init_share:
            # Fail now, rather than at the end, if the weights cannot be averaged.
            average_weights(first, deepcopy(learner.model), config.init_share)
    cnn = getattr(learner.model, 'cnn', None)
    if isinstance(cnn, MobileNetStream) and not cnn.is_normalised:
        typical = faces.spread(_TYPICAL_FACES)
        batch = make_batch(list(aligned_faces(typical, config.model.crop_px)))
        cnn.normalise(torch.from_numpy(batch.crops))
    return learner


def build_optimizer(learner: Learner, config: TrainConfig) -> torch.optim.AdamW:
    """Return AdamW with weight decay on matrices and kernels, but not on norms and biases."""
    decaying = [weights for weights in learner.parameters() if weights.ndim > 1]
    others = [weights for weights in learner.parameters() if weights.ndim <= 1]
    groups = [
        {'params': decaying, 'weight_decay': config.weight_decay},
        {'params': others, 'weight_decay': 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate)
