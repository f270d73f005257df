"""EmotionBag: writes estimates to a self-describing bag."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fer_ros.bags.foxglove import (
    ANNOTATIONS_TYPE,
    IMAGE_TYPE,
    annotations_message,
    channels,
    foxglove_types,
    jpeg_message,
)
from fer_ros.media.image_stream import StampedImage
from fer_ros.messages.definitions import EMOTIONS_TYPE, emotions_message
from fer_ros.structures import FrameEmotions

TOPIC = '/emotion'


class EmotionBag:
    """A rosbag2 folder (MCAP) with a ``FaceEmotionArray`` on ``/emotion`` for every image.

    A context manager; after an error the bag is left unfinished.

    The messages are those that the node would have published, with the header of the image. They
    are recorded at the time of the image; the bag includes their definition. With ``pictures_of``
    it also contains these images as JPEG, and annotations that draw the faces' boxes in Foxglove.
    """

    def __init__(
        self, path: Path, landmarks: bool = True, pictures_of: Sequence[str] = ()
    ) -> None:
        """Create the folder.

        Args:
            path: Folder of the bag; must not exist yet.
            landmarks: Whether messages contain the landmarks.
            pictures_of: Image topics whose images are written too.
        """
        from rosbags.rosbag2 import StoragePlugin, Writer

        self._landmarks = landmarks
        self._writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        self._emotions = self._connection(TOPIC, EMOTIONS_TYPE)
        self._pictures: dict[str, tuple[Any, Any]] = {}
        for topic, (image, annotations) in channels(pictures_of).items():
            self._pictures[topic] = (
                self._connection(image, IMAGE_TYPE),
                self._connection(annotations, ANNOTATIONS_TYPE),
            )

    def write(self, image: StampedImage, frame: FrameEmotions) -> None:
        """Add the estimates of an image."""
        types = foxglove_types().types
        sec, nanosec = divmod(image.stamp_ns, 1_000_000_000)
        header = types['std_msgs/msg/Header'](
            stamp=types['builtin_interfaces/msg/Time'](sec=sec, nanosec=nanosec),
            frame_id=image.frame_id,
        )
        msg = emotions_message(frame, header, image.topic, self._landmarks)
        self._write(self._emotions, image, msg)
        if image.topic in self._pictures:
            pictures, annotations = self._pictures[image.topic]
            self._write(pictures, image, jpeg_message(image, header))
            self._write(annotations, image, annotations_message(frame, header.stamp))

    def _connection(self, topic: str, kind: str) -> Any:
        return self._writer.add_connection(topic, kind, typestore=foxglove_types())

    def _write(self, connection: Any, image: StampedImage, msg: Any) -> None:
        data = foxglove_types().serialize_cdr(msg, msg.__msgtype__)
        self._writer.write(connection, image.log_time_ns, data)

    def __enter__(self) -> 'EmotionBag':
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self._writer.close()
        else:
            self._writer.abort()
