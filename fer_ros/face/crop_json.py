"""Crops as JSON values, in what a pipeline remembers."""

from typing import Any

import numpy as np

from fer_ros.structures import ImageArray


def crop_to_json(crop: ImageArray | None) -> Any:
    """Return a crop, or none, as JSON values."""
    return None if crop is None else crop.tolist()


def crop_from_json(values: Any) -> ImageArray | None:
    """Return the crop that ``crop_to_json`` was called on."""
    return None if values is None else np.array(values, np.uint8)
