"""Class colors, as seen by people with and without a color vision deficiency."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.media.class_colors import class_color, text_color
from fer_ros.report.emotion_color import ink_color

# Linear RGB as seen by people who lack one kind of cone: Machado, Oliveira and Fernandes, "A
# Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1.0.
SEEN_WITH = {
    'all cones': np.eye(3),
    'no long-wave cones': [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    'no medium-wave cones': [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    'no short-wave cones': [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(rgb):
    parts = np.array(rgb, np.float64) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb, matrix):
    seen = np.clip(np.array(matrix) @ linear(rgb), 0, 1).astype(np.float32)
    return cv2.cvtColor(seen.reshape(1, 1, 3), cv2.COLOR_LRGB2Lab).reshape(3)


def contrast(one, other):
    """Contrast ratio of WCAG 2.2, from 1 to 21."""
    light, dark = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] + 0.05 for c in (one, other))[::-1]
    return light / dark


@pytest.mark.parametrize('color', [class_color, ink_color], ids=['on images', 'on white'])
@pytest.mark.parametrize('matrix', SEEN_WITH.values(), ids=SEEN_WITH)
def test_emotion_colors_are_distinguishable_with_any_color_vision(matrix, color):
    seen = {name: lab(color(name, FERPLUS_CLASSES), matrix) for name in FERPLUS_CLASSES}
    distances = {
        (a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)
    }
    # Five times the just noticeable difference in CIELAB, 2.3.
    assert min(distances.values()) > 11.5, min(distances.items(), key=lambda item: item[1])


@pytest.mark.parametrize('name', [*FERPLUS_CLASSES, 'uncertain'])
def test_text_on_class_color_is_readable(name):
    for color in (class_color, ink_color):
        ground = color(name, FERPLUS_CLASSES)
        assert contrast(ground, text_color(ground)) > 4


def test_emotion_has_the_same_color_in_every_model():
    assert class_color('fear', ('anger', 'fear')) == class_color('fear', FERPLUS_CLASSES)


def test_non_emotion_classes_have_distinct_colors():
    classes = ('neutral', 'interest', 'happiness', 'boredom', 'confusion')
    assert len({class_color(name, classes) for name in classes}) == 5


def test_ninth_class_shares_a_color():
    classes = tuple(f'class {number}' for number in range(9))
    assert class_color('class 8', classes) == class_color('class 0', classes)
    assert class_color('boredom', (*FERPLUS_CLASSES, 'boredom')) in {
        class_color(name, FERPLUS_CLASSES) for name in FERPLUS_CLASSES
    }


def test_name_that_is_not_a_class_is_light_gray():
    red, green, blue = class_color('uncertain', FERPLUS_CLASSES)
    assert red == green == blue > 220
