"""WeightAverage: the moving average of a model's weights, which is what a training keeps."""

from copy import deepcopy

import torch

from fer_ros.network.fer_net import FerNet


class WeightAverage:
    """An exponential moving average of the weights (Polyak & Juditsky 1992).

    Attributes:
        model: Has the averaged weights.
        decay: Decay of the average per step, after the first steps.
    """

    def __init__(self, model: FerNet, decay: float) -> None:
        self.model = deepcopy(model).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: FerNet, step: int) -> None:
        """Take in the weights after a step, counted from 0."""
        # A mean over all steps at first: short trainings would else keep their random start.
        decay = min(self.decay, (1 + step) / (10 + step))
        averaged = self.model.state_dict()
        for key, value in model.state_dict().items():
            if value.is_floating_point():
                averaged[key].lerp_(value, 1 - decay)
            else:
                averaged[key].copy_(value)
