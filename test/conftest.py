"""Common fixtures: a real face, loaded models, and bags that many tests read."""

import os

import cv2
import numpy as np
import pytest
from bag_files import write_images
from hypothesis import settings
from portrait_clip import portrait_frames

from fer_ros.bench.pipeline_maker import PipelineMaker
from fer_ros.face.detectors.choice import load_detector
from fer_ros.face.detectors.hog import HogDetector
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.media.sample_people import PORTRAIT
from fer_ros.models import Models, load_classifier
from fer_ros.offline.jobs import judge_bags, make_jobs
from fer_ros.offline.settings import RunSettings
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
from fer_ros.ros.domain import take_domain

# Few examples, the same ones each time, so that a busy machine causes no failure.
settings.register_profile('few', max_examples=25, derandomize=True, deadline=None, database=None)
settings.load_profile('few')


def pytest_configure():
    """Keep tests apart from whatever else runs on the machine.

    Each pytest process has a ROS domain of its own, which the processes that it starts inherit.
    torch uses one thread: with more, it would wait for other busy processes.
    """
    os.environ['ROS_DOMAIN_ID'] = str(take_domain())
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


@pytest.fixture(scope='session')
def portrait_bgr():
    """512 x 400 pixels, deliberately not square, with one face around (222, 115)."""
    return cv2.imread(str(PORTRAIT))[:400]


@pytest.fixture(scope='session')
def portrait_gray(portrait_bgr):
    return cv2.cvtColor(portrait_bgr, cv2.COLOR_BGR2GRAY)


@pytest.fixture(scope='session')
def hopper_gray(portrait_gray):
    """Another person of the same size and position: Grace Hopper, from matplotlib."""
    from matplotlib.cbook import get_sample_data

    with get_sample_data('grace_hopper.jpg') as file:
        encoded = np.frombuffer(file.read(), np.uint8)
    gray = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    # Her face is around (252, 140) and about as wide as the other one.
    height, width = portrait_gray.shape
    move = np.array([[1.0, 0, 222 - 252], [0, 1, 115 - 140]])
    return cv2.warpAffine(gray, move, (width, height), borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope='session')
def two_faces_bgr(portrait_bgr):
    """The portrait and its mirror image side by side: faces around x = 222 and x = 802."""
    return np.hstack([portrait_bgr, portrait_bgr[:, ::-1]])


@pytest.fixture(scope='session')
def models():
    return Models(load_detector(), LandmarkPredictor(), load_classifier())


@pytest.fixture
def pipeline(models):
    return EmotionPipeline(models)


@pytest.fixture(scope='session')
def maker():
    """The maker of the pipelines that are measured."""
    return PipelineMaker(SHIPPED_MODEL, 'onnx')


@pytest.fixture(scope='session')
def portrait_landmarks(models, portrait_gray):
    """Landmarks as in training data: from dlib's own box, whichever detector is the default."""
    (box,) = HogDetector().detect(portrait_gray)
    return models.landmarks.predict(portrait_gray, box)


@pytest.fixture(scope='session')
def dots():
    """Six small pictures of different brightness."""
    return [np.full((24, 32, 3), 20 * (index + 1), np.uint8) for index in range(6)]


# Bags that many tests read, and the results of one.
RATE_HZ = 10
SIZE_WH = (320, 240)
# The portrait smiles; the last label is wrong, to produce a disagreement.
LABELS = """start_s,end_s,emotion
0.0,2.5,happiness
3.7,6.2,happiness
7.4,8.8,happiness
10.2,12.0,sadness
"""


@pytest.fixture(scope='session')
def clip():
    """12 s at 10 Hz: one face, two faces, nobody, one face."""
    return list(portrait_frames(RATE_HZ, SIZE_WH))


@pytest.fixture(scope='session')
def clip_bag(clip, tmp_path_factory):
    return write_images(tmp_path_factory.mktemp('bags') / 'clip', clip, RATE_HZ)


@pytest.fixture(scope='session')
def label_file(tmp_path_factory):
    path = tmp_path_factory.mktemp('labels') / 'labels.csv'
    path.write_text(LABELS)
    return path


@pytest.fixture(scope='session')
def settings(label_file):
    return RunSettings(labels=label_file, progress=False)


@pytest.fixture(scope='session')
def judged(clip_bag, settings, tmp_path_factory):
    """The results for the clip, with all outputs."""
    (verdict,) = judge_bags(make_jobs([clip_bag], tmp_path_factory.mktemp('out'), settings))
    assert verdict.failure == ''
    return verdict
