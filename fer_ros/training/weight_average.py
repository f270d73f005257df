"""WeightAverage: the moving average of a model's weights, which a training keeps."""

from copy import deepcopy

import torch

from fer_ros.network.fer_net import FerNet


class WeightAverage:
    """An exponential moving average of the weights (Polyak & Juditsky 1992).

    Attributes:
        model: Model with the averaged weights.
        decay: Decay of the average per step, after the first steps.
    """

    def __init__(self, model: FerNet, decay: float) -> None:
        self.model = deepcopy(model).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: FerNet, step: int) -> None:
        """Update the average with the weights after a step, counted from 0."""
        # Decays faster at first: a short training would otherwise keep its random initial weights.
        decay = min(self.decay, (1 + step) / (10 + step))
        averaged = self.model.state_dict()
        for key, value in model.state_dict().items():
            if value.is_floating_point():
                averaged[key].lerp_(value, 1 - decay)
            else:
                averaged[key].copy_(value)
