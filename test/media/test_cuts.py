import cv2
import numpy as np
import pytest
from portrait_clip import frames_at

from fer_ros.media.cuts import mark_cuts
from fer_ros.media.image_stream import StampedImage
from fer_ros.media.sample_people import PORTRAIT


def cuts(grays):
    images = (
        StampedImage('film', 0, 0, '', index / 10, index / 10, gray, lambda: None)
        for index, gray in enumerate(grays)
    )
    return [index for index, image in enumerate(mark_cuts(images)) if image.new_scene]


def gray(bgr):
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


@pytest.fixture(scope='module')
def wall():
    return [gray(bgr) for bgr in frames_at([0.2 + index / 30 for index in range(12)])]


@pytest.fixture(scope='module')
def portrait():
    whole = gray(cv2.imread(str(PORTRAIT)))
    return [cv2.resize(whole[4 * k : 300 + 4 * k, :300], (640, 480)) for k in range(6)]


def test_scene_change_is_a_cut(wall, portrait):
    assert cuts([*wall, *portrait, *wall]) == [12, 18]


def test_cut_at_last_image_is_found(wall, portrait):
    assert cuts([*wall, portrait[0]]) == [12]


@pytest.mark.parametrize('rate_hz', [10, 30])
def test_panning_camera_is_not_a_cut(rate_hz):
    times_s = [index / rate_hz for index in range(12 * rate_hz)]
    assert cuts([gray(bgr) for bgr in frames_at(times_s)]) == []


def test_exposure_change_is_not_a_cut(wall):
    darker = [cv2.convertScaleAbs(image, alpha=0.35) for image in wall]
    brighter = [cv2.convertScaleAbs(image, alpha=1.3, beta=20) for image in wall]
    assert cuts([*wall, *darker, *brighter]) == []


def test_side_light_being_switched_on_is_not_a_cut(wall):
    lamp = np.linspace(0.5, 1.4, wall[0].shape[1])[None, :]
    lit = [np.clip(image * lamp, 0, 255).astype(np.uint8) for image in wall]
    assert cuts([*wall, *lit]) == []


def test_turning_head_is_not_a_cut(wall):
    turned = []
    for image in wall:
        head = image[100:400, 180:460]
        squeezed = cv2.resize(head, (200, 300))
        other = image.copy()
        other[100:400, 180:460] = cv2.resize(squeezed[:, ::-1], (280, 300))
        turned.append(other)
    assert cuts([*wall, *turned]) == []


def test_flash_is_not_a_cut(wall):
    flash = np.full_like(wall[0], 255)
    assert cuts([*wall, flash, *wall]) == []
