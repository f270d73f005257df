"""A bag of images of any length, as a robot would record it."""

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import cv2

from fer_ros.media.sample_clip import RATE_HZ, sample_frames
from fer_ros.messages.definitions import typestore
from fer_ros.structures import ImageArray

TOPIC = '/camera/image_raw'
# Recorded images are stamped in time since the epoch; any start will do.
_START_NS = 1_700_000_000_000_000_000


def write_sample_bag(path: Path, seconds: float, compressed: bool) -> None:
    """Write 640 x 480 images at 30 Hz, repeating the sample clip.

    Args:
        path: Folder of the bag (MCAP); must not exist yet.
        seconds: Length of the recording in seconds.
        compressed: Whether images are JPEG (about 45 kB each) or ``bgr8`` (922 kB each).
    """
    from rosbags.rosbag2 import StoragePlugin, Writer

    msgtype = f'sensor_msgs/msg/{"CompressedImage" if compressed else "Image"}'
    topic = f'{TOPIC}/compressed' if compressed else TOPIC
    types = typestore().types
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection(topic, msgtype, typestore=typestore())
        fields = islice(_fields(compressed), round(seconds * RATE_HZ))
        for index, content in enumerate(fields):
            stamp_ns = _START_NS + round(index / RATE_HZ * 1e9)
            sec, nanosec = divmod(stamp_ns, 1_000_000_000)
            stamp = types['builtin_interfaces/msg/Time'](sec=sec, nanosec=nanosec)
            header = types['std_msgs/msg/Header'](stamp=stamp, frame_id='camera')
            msg = types[msgtype](header=header, **content)
            writer.write(connection, stamp_ns, typestore().serialize_cdr(msg, msgtype))


def endless_clip() -> Iterator[ImageArray]:
    """Yield the images of the sample clip endlessly, ``(480, 640, 3)`` uint8 BGR."""
    while True:
        yield from sample_frames()


def _fields(compressed: bool) -> Iterator[dict[str, Any]]:
    if compressed:
        # Encoded once: this is the slowest step.
        return cycle([_jpeg(bgr) for bgr in sample_frames()])
    return map(_raw, endless_clip())


def _jpeg(bgr: ImageArray) -> dict[str, Any]:
    return {'format': 'jpeg', 'data': cv2.imencode('.jpg', bgr)[1].ravel()}


def _raw(bgr: ImageArray) -> dict[str, Any]:
    height, width = bgr.shape[:2]
    return {
        'height': height,
        'width': width,
        'encoding': 'bgr8',
        'is_bigendian': 0,
        'step': 3 * width,
        'data': bgr.ravel(),
    }
