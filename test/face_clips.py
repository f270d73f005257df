"""Small videos of faces in motion, for tests that read data sets."""

import os
from pathlib import Path

import cv2
import numpy as np

from fer_ros.sample_clip import PORTRAIT

RATE_HZ = 10
# FER+ file from whose faces clips are made where it is there; else the portrait is in all.
FERPLUS = os.environ.get('FER_ROS_FERPLUS', '')


def face_picture(number):
    """Return a ``(240, 240, 3)`` picture that one face fills."""
    if FERPLUS:
        with np.load(FERPLUS) as file:
            gray = file['images'][number]
        return cv2.cvtColor(cv2.resize(gray, (240, 240), interpolation=cv2.INTER_CUBIC), 8)
    portrait = cv2.imread(str(PORTRAIT))[20:220, 122:322]
    return cv2.resize(portrait, (240, 240))


def write_clip(path: Path, picture, frames=6, blank=()):
    """Write a video in which a picture moves over a gray wall; it is away in frames ``blank``."""
    codec = {'.flv': 'FLV1', '.mp4': 'mp4v'}[path.suffix]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), RATE_HZ, (400, 300))
    assert writer.isOpened()
    for index in range(frames):
        frame = np.full((300, 400, 3), 120, np.uint8)
        if index not in blank:
            frame[30 : 30 + 240, 60 + 4 * index : 300 + 4 * index] = picture
        writer.write(frame)
    writer.release()
