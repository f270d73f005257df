"""What a training minimises."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from fer_ros.network.fer_net import FerNet
from fer_ros.training.config import TrainConfig
from fer_ros.training.face_dataset import Batch


class Learner(nn.Module):
    """A FerNet with its loss, and a head for second labels that is dropped afterwards.

    loss = CE(model) + stream_loss · (CE(cnn) + CE(gat)) + second_loss · CE(second
    head), each the cross entropy with the targets (for FER+ the distribution of the votes:
    Barsoum et al. 2016, eq. 3) or with the second labels.
    """

    def __init__(self, config: TrainConfig, second_classes: int = 0) -> None:
        super().__init__()
        self.config = config
        self.model = FerNet(config.model)
        self.second: nn.Linear | None = None
        if second_classes and config.second_loss:
            self.second = nn.Linear(self.model.num_features, second_classes)

    def forward(self, batch: Batch) -> Tensor:
        """Return the loss, a scalar."""
        keep_cnn, keep_gat = self._keep(batch.crops)
        answer = self.model.streams(batch.crops, batch.nodes, keep_cnn, keep_gat)
        loss = functional.cross_entropy(answer.logits, batch.targets)
        for logits in (answer.cnn, answer.gat):
            # Also with a weight of 0: parallel training waits for a gradient of every weight.
            if logits is not None:
                stream = functional.cross_entropy(logits, batch.targets)
                loss = loss + self.config.stream_loss * stream
        if self.second is not None:
            second = functional.cross_entropy(self.second(answer.features), batch.second_labels)
            loss = loss + self.config.second_loss * second
        return loss

    def _keep(self, crops: Tensor) -> tuple[Tensor, Tensor] | tuple[None, None]:
        """Choose the faces that lose a stream; none loses both."""
        drop = self.config.modality_dropout
        # In late fusion each stream learns to answer alone as it is.
        if self.config.model.stream != 'fused' or self.model.adds_logits or not drop:
            return None, None
        chance = torch.rand(len(crops), device=crops.device)
        return (chance >= drop).float(), (chance < 1 - drop).float()
