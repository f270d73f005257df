import numpy as np
import pytest

from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.inference.inputs import make_batch
from fer_ros.structures import AlignedFace


def face(crop):
    return AlignedFace(crop, MEAN_SHAPE_NORM)


def test_crops_have_mean_zero_and_deviation_one():
    crop = np.arange(48 * 48, dtype=np.uint32).reshape(48, 48) % 251
    batch = make_batch([face(crop.astype(np.uint8))] * 3)
    assert batch.crops.shape == (3, 1, 48, 48)
    assert batch.crops.mean(axis=(1, 2, 3)) == pytest.approx([0, 0, 0], abs=1e-5)
    assert batch.crops.std(axis=(1, 2, 3)) == pytest.approx([1, 1, 1], abs=1e-5)


def test_brightness_and_contrast_do_not_change_input():
    crop = (np.arange(48 * 48).reshape(48, 48) % 50).astype(np.uint8)
    batch = make_batch([face(crop), face(crop * 3 + 40)])
    assert batch.crops[0] == pytest.approx(batch.crops[1], abs=1e-4)


def test_uniform_crop_becomes_zero():
    assert (make_batch([face(np.full((48, 48), 200, np.uint8))]).crops == 0).all()


def test_empty_batch_is_refused():
    with pytest.raises(ValueError, match='at least one face'):
        make_batch([])
