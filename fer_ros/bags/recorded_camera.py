"""RecordedCamera: the intrinsics of a bag's images, from the camera_info recorded beside them."""

from itertools import islice

from fer_ros.bags.message import BagMessage, deserialized
from fer_ros.bags.reader import BagReader
from fer_ros.errors import ImageError, SettingError
from fer_ros.face.pose import CameraIntrinsics
from fer_ros.media.camera_model import CameraModel, camera_info_topic

_TYPE = 'sensor_msgs/msg/CameraInfo'


class RecordedCamera:
    """The intrinsics of the images on one topic of a bag.

    Those before the first ``CameraInfo`` have its intrinsics too: a recorder may be late with it.

    Attributes:
        topic: Topic of the ``CameraInfo``; empty if the bag has none.
    """

    def __init__(self, reader: BagReader, image_topic: str, rectified: bool) -> None:
        """Args:
        reader: Reader of the bag; a sentence is added to its ``problems`` for each fault.
        image_topic: Topic of the images.
        rectified: Whether the images are rectified; see ``CameraModel``.
        """
        beside = camera_info_topic(image_topic)
        found = reader.topics.get(beside)
        self.topic = beside if found is not None and found.msgtype == _TYPE else ''
        self._image_topic = image_topic
        self._problems = reader.problems
        self._model = CameraModel(rectified)
        if self.topic:
            for message in islice(reader.messages([self.topic]), 1):
                self.take(message)

    def take(self, message: BagMessage) -> None:
        """Use the intrinsics in a message of ``topic`` from now on; ignore other messages."""
        if message.topic != self.topic:
            return
        try:
            self._say(self._model.take(deserialized(message)))
        except ImageError as error:
            self._say(f'camera_info: {error}')

    def of_image(self, size_wh: tuple[int, int]) -> CameraIntrinsics | None:
        """Return the intrinsics of an image of a width and height; None if unknown."""
        try:
            return self._model.of_image(size_wh)
        except SettingError as error:
            self._say(str(error))
            return None

    def _say(self, fault: str) -> None:
        sentence = f'{self._image_topic}: {fault}'
        if fault and sentence not in self._problems:
            self._problems.append(sentence)
