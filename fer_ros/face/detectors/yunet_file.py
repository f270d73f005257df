"""The published YuNet file: its path, and how a user downloads it."""

from pathlib import Path

from fer_ros.published_file import PublishedFile

# MIT licence.
YUNET = PublishedFile(
    name='face_detection_yunet_2023mar.onnx',
    url='https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/'
    'face_detection_yunet_2023mar.onnx',
    sha256='8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4',
    size_bytes=232_589,
    by_hand='of the OpenCV Zoo to {path}, or give its path in the parameter detector_model',
)


def yunet_file() -> Path:
    """Return the path of this user's file, whether or not it exists."""
    return YUNET.path
