"""EmotionBag: estimates as a bag that explains itself."""

from pathlib import Path

from fer_ros.media.image_stream import StampedImage
from fer_ros.messages.definitions import EMOTIONS_TYPE, emotions_message, typestore
from fer_ros.structures import FrameEmotions

TOPIC = '/emotion'


class EmotionBag:
    """A rosbag2 folder (MCAP) with a ``FaceEmotionArray`` on ``/emotion`` for every image.

    A context manager; after an error the bag is left as it is, unfinished.

    The messages are those that the node would have published: the header is the image's. They are
    recorded at the time of the image, and their definition lies beside them.
    """

    def __init__(self, path: Path, landmarks: bool = True) -> None:
        """Create the folder.

        Args:
            path: Folder of the bag, which must not exist yet.
            landmarks: Whether messages carry the landmarks.
        """
        from rosbags.rosbag2 import StoragePlugin, Writer

        self._landmarks = landmarks
        self._writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        self._connection = self._writer.add_connection(TOPIC, EMOTIONS_TYPE, typestore=typestore())

    def write(self, image: StampedImage, frame: FrameEmotions) -> None:
        """Add the estimates of an image."""
        types = typestore().types
        sec, nanosec = divmod(image.stamp_ns, 1_000_000_000)
        header = types['std_msgs/msg/Header'](
            stamp=types['builtin_interfaces/msg/Time'](sec=sec, nanosec=nanosec),
            frame_id=image.frame_id,
        )
        msg = emotions_message(frame, header, image.topic, self._landmarks)
        data = typestore().serialize_cdr(msg, EMOTIONS_TYPE)
        self._writer.write(self._connection, image.log_time_ns, data)

    def __enter__(self) -> 'EmotionBag':
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self._writer.close()
        else:
            self._writer.abort()
