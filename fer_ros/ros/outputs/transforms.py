"""TransformOutput: positions of heads and directions of gaze, on /tf."""

from collections.abc import Callable, Mapping
from typing import Any

from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from rclpy.node import Node
from std_msgs.msg import Header

from fer_ros.face.frames import Frame, face_frame, gaze_frame
from fer_ros.ros.image_topic import ObservedImage
from fer_ros.ros.message_class import message_class
from fer_ros.ros.throttled_log import ThrottledLog
from fer_ros.structures import FrameEmotions


class TransformOutput:
    """Publishes ``face_NAME`` and ``gaze_NAME``, whose parent is the frame of the image."""

    def __init__(self, node: Node, name_of: Callable[[int], str], log: ThrottledLog) -> None:
        """Args:
        node: Node that publishes.
        name_of: Returns the name of a face by its ID.
        log: Log for the reasons why heads have no transform.

        Raises:
            SettingError: tf2_msgs is not installed.
        """
        self._node, self._name_of, self._log = node, name_of, log
        self._message = message_class('tf2_msgs', 'TFMessage', 'output tf')
        # The depth that tf2_ros uses.
        self._publisher = node.create_publisher(self._message, '/tf', 100)

    def activate(self) -> None:
        """Do nothing; the publisher exists already."""

    def publish(
        self, image: ObservedImage, frame: FrameEmotions, values: Mapping[str, Any]
    ) -> None:
        """Publish the frames of the heads in an image; see ``Output``."""
        if not frame.faces:
            return
        if not image.msg.header.frame_id:
            self._log.say(
                image.topic.name, 'frame_id of the images is empty: set it to get heads in tf'
            )
            return
        transforms = head_transforms(frame, image.msg.header, self._name_of)
        if transforms:
            self._publisher.publish(self._message(transforms=transforms))
        elif image.topic.pipeline.camera is None:
            self._log.say(
                image.topic.name,
                'no heads in tf: publish the camera_info of a calibrated camera',
            )

    def deactivate(self) -> None:
        """Do nothing; tf forgets transforms that are not repeated."""

    def close(self) -> None:
        """Destroy the publisher."""
        self._node.destroy_publisher(self._publisher)


def head_transforms(
    frame: FrameEmotions, header: Header, name_of: Callable[[int], str]
) -> list[TransformStamped]:
    """Return the face and gaze transforms of each head whose position is known.

    Args:
        frame: All faces in an image.
        header: Header of the image; its ``frame_id`` is the parent frame.
        name_of: Returns the name of a face by its ID; the frames are ``face_NAME`` and
            ``gaze_NAME``.
    """
    transforms = []
    for face in frame.faces:
        places = {'face': face_frame(face.head), 'gaze': gaze_frame(face.head)}
        for kind, place in places.items():
            if place is not None:
                name = f'{kind}_{name_of(face.face_id)}'
                transforms.append(_transform(place, header, name))
    return transforms


def _transform(place: Frame, header: Header, child: str) -> TransformStamped:
    x_m, y_m, z_m = place.position_m
    x, y, z, w = place.quaternion_xyzw
    return TransformStamped(
        header=header,
        child_frame_id=child,
        transform=Transform(
            translation=Vector3(x=x_m, y=y_m, z=z_m),
            rotation=Quaternion(x=x, y=y, z=z, w=w),
        ),
    )
