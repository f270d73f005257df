"""What many tests need: a real face, loaded stages, the shipped model."""

import cv2
import numpy as np
import pytest

from fer_ros.face.detector import FaceDetector
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.media.sample_clip import PORTRAIT
from fer_ros.models import load_classifier
from fer_ros.pipeline import EmotionPipeline, Models


def pytest_configure():
    """Tests share the machine: with more threads torch waits for other busy processes."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


@pytest.fixture(scope='session')
def portrait_bgr():
    """512 x 400 pixels, never square, with one face around (222, 115)."""
    return cv2.imread(str(PORTRAIT))[:400]


@pytest.fixture(scope='session')
def portrait_gray(portrait_bgr):
    return cv2.cvtColor(portrait_bgr, cv2.COLOR_BGR2GRAY)


@pytest.fixture(scope='session')
def two_faces_bgr(portrait_bgr):
    """The portrait and its mirror image side by side: faces around x = 222 and x = 802."""
    return np.hstack([portrait_bgr, portrait_bgr[:, ::-1]])


@pytest.fixture(scope='session')
def models():
    return Models(FaceDetector(), LandmarkPredictor(), load_classifier())


@pytest.fixture
def pipeline(models):
    return EmotionPipeline(models)


@pytest.fixture(scope='session')
def portrait_landmarks(models, portrait_gray):
    (box,) = models.detector.detect(portrait_gray)
    return models.landmarks.predict(portrait_gray, box)


@pytest.fixture(scope='session')
def dots():
    """Six small pictures that differ."""
    return [np.full((24, 32, 3), 20 * (index + 1), np.uint8) for index in range(6)]
