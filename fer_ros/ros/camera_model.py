"""CameraModel: a camera_info topic → the intrinsics of the images beside it."""

from collections.abc import Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from fer_ros.errors import SettingError
from fer_ros.face.pose import CameraIntrinsics
from fer_ros.messages.image_transport import sibling_topic

# Distortion models of ROS whose coefficients are those of OpenCV's pinhole camera.
_OPENCV_MODELS = ('plumb_bob', 'rational_polynomial')
_OPENCV_COUNTS = (4, 5, 8, 12, 14)


def camera_info_topic(image_topic: str) -> str:
    """Return the topic of a camera's intrinsics, next to its image topic.

    Args:
        image_topic: Full name; ``/camera/image_raw/compressed`` has ``/camera/camera_info``.
    """
    return sibling_topic(image_topic, 'camera_info')


def intrinsics_from_msg(msg: CameraInfo, rectified: bool) -> CameraIntrinsics:
    """Return the intrinsics of the images that a ``CameraInfo`` is published with.

    Args:
        msg: K, D and P refer to the full sensor; ``roi`` and ``binning`` tell which part of it
            an image is, and how much smaller.
        rectified: Whether the images are rectified: P applies, without distortion. Otherwise
            K and D apply.

    Raises:
        SettingError: The camera is not calibrated, or distorts by a model that OpenCV's pinhole
            camera does not have.
    """
    if rectified:
        fx_px, cx_px, fy_px, cy_px = (float(msg.p[index]) for index in (0, 2, 5, 6))
    else:
        fx_px, cx_px, fy_px, cy_px = (float(msg.k[index]) for index in (0, 2, 4, 5))
    if not (fx_px and fy_px):
        raise SettingError(
            f'{"P" if rectified else "K"} of the camera_info is zero: the camera is not calibrated'
        )
    distortion = () if rectified or not any(msg.d) else tuple(float(value) for value in msg.d)
    known = msg.distortion_model in _OPENCV_MODELS and len(distortion) in _OPENCV_COUNTS
    if distortion and not known:
        raise SettingError(
            f'distortion of the camera_info is {msg.distortion_model!r} with {len(distortion)} '
            f'coefficients, known is {" or ".join(_OPENCV_MODELS)} with 4, 5, 8, 12 or 14: '
            'rectify the images and set rectified'
        )
    across, down = max(msg.binning_x, 1), max(msg.binning_y, 1)
    return CameraIntrinsics(
        fx_px / across,
        fy_px / down,
        (cx_px - msg.roi.x_offset) / across,
        (cy_px - msg.roi.y_offset) / down,
        distortion,
    )


def image_size_from_msg(msg: CameraInfo) -> tuple[int, int]:
    """Return width and height of the images that a ``CameraInfo`` is published with."""
    width, height = msg.roi.width or msg.width, msg.roi.height or msg.height
    return width // max(msg.binning_x, 1), height // max(msg.binning_y, 1)


class CameraModel:
    """The intrinsics of a camera's images, from the last ``CameraInfo`` received."""

    def __init__(self, rectified: bool) -> None:
        """Args:
        rectified: See ``intrinsics_from_msg``.
        """
        self._rectified = rectified
        self._content: tuple[object, ...] = ()
        # One value, as one thread fills it and another reads it.
        self._known: tuple[CameraIntrinsics, tuple[int, int]] | None = None
        self._subscription: Subscription | None = None
        self._node: Node | None = None

    def subscribe(self, node: Node, image_topic: str, on_fault: Callable[[str], None]) -> None:
        """Subscribe to the ``camera_info`` topic next to an image topic.

        Args:
            node: Node that owns the subscription.
            image_topic: Full name.
            on_fault: Called with a sentence about a faulty message; once while it is repeated.
        """

        def on_message(msg: CameraInfo) -> None:
            if fault := self.take(msg):
                on_fault(fault)

        # Small enough to arrive, and so from publishers of every reliability.
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._node = node
        self._subscription = node.create_subscription(
            CameraInfo, camera_info_topic(image_topic), on_message, qos
        )

    def unsubscribe(self) -> None:
        """Unsubscribe and forget the intrinsics."""
        if self._node is not None and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = None
        self._content, self._known = (), None

    def take(self, msg: CameraInfo) -> str:
        """Hold to a message from now on.

        Returns:
            What is wrong with it; nothing where it only repeats the one before.
        """
        content = _content(msg)
        if content == self._content:
            return ''
        self._content, self._known = content, None
        try:
            self._known = intrinsics_from_msg(msg, self._rectified), image_size_from_msg(msg)
        except SettingError as error:
            return f'{error}; until then hfov_deg gives the directions of heads, and no places'
        if not msg.header.frame_id:
            return 'frame_id of the camera_info is empty: nobody knows in which frame heads are'
        return ''

    def of_image(self, size_wh: tuple[int, int]) -> CameraIntrinsics | None:
        """Return the intrinsics of an image; None where nothing is known.

        Args:
            size_wh: Its width and height in pixels.

        Raises:
            SettingError: It has not the size of those that the ``CameraInfo`` is of.
        """
        if self._known is None:
            return None
        intrinsics, known_wh = self._known
        # Drivers that fill in nothing but K leave the size at zero.
        if any(known_wh) and size_wh != known_wh:
            raise SettingError(
                f'camera_info is of images of {known_wh[0]} x {known_wh[1]} pixels, these have '
                f'{size_wh[0]} x {size_wh[1]}: it is not used'
            )
        return intrinsics


def _content(msg: CameraInfo) -> tuple[object, ...]:
    """Return all of a message but its stamp."""
    arrays = tuple(tuple(values) for values in (msg.d, msg.k, msg.p))
    part = (msg.roi.x_offset, msg.roi.y_offset, msg.roi.width, msg.roi.height)
    size = (msg.width, msg.height, msg.binning_x, msg.binning_y, *part)
    return (msg.header.frame_id, msg.distortion_model, *size, *arrays)
