"""Small videos of faces in motion, for tests that read data sets."""

import os
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from fer_ros.data.ferplus import load_ferplus
from fer_ros.data.landmarked_pictures import landmark_picture
from fer_ros.media.sample_people import PORTRAIT

RATE_HZ = 10
# If FER_ROS_FERPLUS names the data, faces of FER+ replace the portrait.
FERPLUS = os.environ.get('FER_ROS_FERPLUS', '')


def face_picture(number):
    """Return a ``(240, 240, 3)`` picture filled by one smiling face."""
    if FERPLUS:
        return _smiling_faces()[number].copy()
    portrait = cv2.imread(str(PORTRAIT))[20:220, 122:322]
    return cv2.resize(portrait, (240, 240))


@cache
def _smiling_faces():
    """Return three faces of FER+ that are labeled purely happy and that the detector finds."""
    faces = load_ferplus(
        Path(FERPLUS), 'test', Path.home() / '.cache' / 'fer_ros', 'majority', progress=False
    )
    found = []
    for image in faces.images[faces.targets[:, 1] == 1]:
        large = cv2.resize(image, (240, 240), interpolation=cv2.INTER_CUBIC)
        if landmark_picture(large)[1]:
            found.append(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR))
        if len(found) == 3:
            return found
    raise AssertionError(f'{FERPLUS} has too few smiling faces')


def write_clip(path: Path, picture, frames=6, blank=()):
    """Write a video of a picture moving over a gray wall; frames ``blank`` show only the wall."""
    codec = {'.flv': 'FLV1', '.mp4': 'mp4v'}[path.suffix]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), RATE_HZ, (400, 300))
    assert writer.isOpened()
    for index in range(frames):
        frame = np.full((300, 400, 3), 120, np.uint8)
        if index not in blank:
            frame[30 : 30 + 240, 60 + 4 * index : 300 + 4 * index] = picture
        writer.write(frame)
    writer.release()
