"""Bags that many tests read, and one that was judged."""

import pytest
from bag_files import write_images

from fer_ros.media.sample_clip import sample_frames
from fer_ros.offline.jobs import judge_bags, make_jobs
from fer_ros.offline.settings import RunSettings

RATE_HZ = 10
SIZE_WH = (320, 240)

# The portrait smiles; the last label is wrong, so that there is something to disagree about.
LABELS = """start_s,end_s,emotion
0.0,2.5,happiness
3.7,6.2,happiness
7.4,8.8,happiness
10.2,12.0,sadness
"""


@pytest.fixture(scope='session')
def clip():
    """12 s at 10 Hz: one face, two faces, nobody, one face."""
    return list(sample_frames(RATE_HZ, SIZE_WH))


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
    """The verdict on the clip, with all its outputs."""
    (verdict,) = judge_bags(make_jobs([clip_bag], tmp_path_factory.mktemp('out'), settings))
    assert verdict.failure == ''
    return verdict
