"""EmotionBag: estimates as a bag that explains itself."""

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import cv2

from fer_ros.media.image_stream import StampedImage
from fer_ros.media.sample_clip import RATE_HZ, sample_frames
from fer_ros.messages.definitions import EMOTIONS_TYPE, typestore
from fer_ros.messages.emotions import face_fields
from fer_ros.structures import FrameEmotions, ImageArray

_EMOTION_TOPIC = '/emotion'
_IMAGE_TOPIC = '/camera/image_raw'


class EmotionBag:
    """A rosbag2 folder (MCAP) with a ``FaceEmotionArray`` on ``/emotion`` for every image.

    The messages are those that the node would have published: the header is the image's. They are
    recorded at the time of the image, and their definition lies beside them.
    """

    def __init__(self, path: Path, landmarks: bool = True) -> None:
        """Create the folder.

        Args:
            path: Of the folder, which must not be there yet.
            landmarks: Whether messages carry the landmarks.
        """
        from rosbags.rosbag2 import StoragePlugin, Writer

        self._landmarks = landmarks
        self._writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        self._connection = self._writer.add_connection(
            _EMOTION_TOPIC, EMOTIONS_TYPE, typestore=typestore()
        )

    def write(self, image: StampedImage, frame: FrameEmotions) -> None:
        """Add the estimates of an image."""
        types = typestore().types
        sec, nanosec = divmod(image.stamp_ns, 1_000_000_000)
        header = types['std_msgs/msg/Header'](
            stamp=types['builtin_interfaces/msg/Time'](sec=sec, nanosec=nanosec),
            frame_id=image.frame_id,
        )
        faces = []
        for face in frame.faces:
            fields = face_fields(face, image.size_wh, self._landmarks)
            roi = types['sensor_msgs/msg/RegionOfInterest'](**fields.pop('roi'))
            faces.append(types['fer_ros/msg/FaceEmotion'](**fields, roi=roi))
        msg = types[EMOTIONS_TYPE](header=header, classes=list(frame.classes), faces=faces)
        data = typestore().serialize_cdr(msg, EMOTIONS_TYPE)
        self._writer.write(self._connection, image.log_time_ns, data)

    def close(self) -> None:
        """Finish the bag."""
        self._writer.close()

    def abort(self) -> None:
        """Leave the bag as it is, unfinished."""
        self._writer.abort()


# A bag of recorded images has stamps since the epoch; any will do.
_START_NS = 1_700_000_000_000_000_000


def write_sample_bag(path: Path, seconds: float, compressed: bool) -> None:
    """Write 640 x 480 images at 30 Hz, the sample clip over and over.

    Args:
        path: Of the folder (MCAP), which must not be there yet.
        seconds: Length of the recording.
        compressed: Whether images are JPEG (some 30 kB each) or ``bgr8`` (922 kB).
    """
    from rosbags.rosbag2 import StoragePlugin, Writer

    msgtype = f'sensor_msgs/msg/{"CompressedImage" if compressed else "Image"}'
    topic = f'{_IMAGE_TOPIC}/compressed' if compressed else _IMAGE_TOPIC
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
    """Yield the images of the sample clip, over and over; ``(480, 640, 3)`` uint8 BGR."""
    while True:
        yield from sample_frames()


def _fields(compressed: bool) -> Iterator[dict[str, Any]]:
    if compressed:
        # Encoded once: it takes longer than anything else here.
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
