"""CameraModel: the messages on a camera_info topic → the intrinsics of the images beside it."""

from typing import Any

from fer_ros.errors import SettingError
from fer_ros.face.pose import CameraIntrinsics
from fer_ros.messages.image_transport import sibling_topic

# The distortion models of ROS that OpenCV's pinhole camera shares.
_OPENCV_MODELS = ('plumb_bob', 'rational_polynomial')
_OPENCV_COUNTS = (4, 5, 8, 12, 14)
# The models of fisheye lenses, which are no pinhole cameras even if all coefficients are zero.
_FISHEYE_MODELS = ('equidistant', 'fisheye', 'thin_prism_fisheye')


def camera_info_topic(image_topic: str) -> str:
    """Return the topic of a camera's intrinsics, next to its image topic.

    Args:
        image_topic: Full name; ``/camera/image_raw/compressed`` has ``/camera/camera_info``.
    """
    return sibling_topic(image_topic, 'camera_info')


def intrinsics_from_msg(msg: Any, rectified: bool) -> CameraIntrinsics:
    """Return the intrinsics of the images that a ``CameraInfo`` belongs to.

    Args:
        msg: ``CameraInfo`` of rclpy or rosbags. K, D and P refer to the full sensor; ``roi`` and
            ``binning`` give the part of it that an image shows and by how much it is reduced.
        rectified: Whether the images are rectified. If so, P applies, without distortion;
            otherwise K and D apply.

    Raises:
        SettingError: The camera is not calibrated, or OpenCV's pinhole camera does not support
            its distortion model.
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
    fisheye = not rectified and msg.distortion_model in _FISHEYE_MODELS
    if fisheye or (distortion and not known):
        raise SettingError(
            f'distortion of the camera_info is {msg.distortion_model!r} with {len(msg.d)} '
            f'coefficients, expected {" or ".join(_OPENCV_MODELS)} with 4, 5, 8, 12 or 14: '
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


def image_size_from_msg(msg: Any) -> tuple[int, int]:
    """Return width and height in pixels of the images that a ``CameraInfo`` belongs to."""
    width, height = msg.roi.width or msg.width, msg.roi.height or msg.height
    return width // max(msg.binning_x, 1), height // max(msg.binning_y, 1)


class CameraModel:
    """The intrinsics of a camera's images, from the last ``CameraInfo`` received."""

    def __init__(self, rectified: bool) -> None:
        """Args:
        rectified: Whether the images are rectified; see ``intrinsics_from_msg``.
        """
        self._rectified = rectified
        self._content: tuple[object, ...] = ()
        # A single value, because one thread writes it while another reads it.
        self._known: tuple[CameraIntrinsics, tuple[int, int]] | None = None

    def forget(self) -> None:
        """Forget the intrinsics."""
        self._content, self._known = (), None

    def take(self, msg: Any) -> str:
        """Use the intrinsics in a message from now on.

        Returns:
            What is wrong with the message; empty if nothing is, or if it repeats the last one.
        """
        content = _content(msg)
        if content == self._content:
            return ''
        self._content, self._known = content, None
        try:
            self._known = intrinsics_from_msg(msg, self._rectified), image_size_from_msg(msg)
        except SettingError as error:
            return (
                f'{error}; until then head directions are computed from hfov_deg, and head '
                'positions are unknown'
            )
        if not msg.header.frame_id:
            return 'frame_id of the camera_info is empty: set it, or head poses have no frame'
        return ''

    def of_image(self, size_wh: tuple[int, int]) -> CameraIntrinsics | None:
        """Return the intrinsics of an image; None before a valid ``CameraInfo`` was received.

        Args:
            size_wh: Width and height of the image in pixels.

        Raises:
            SettingError: The ``CameraInfo`` is for images of another size.
        """
        if self._known is None:
            return None
        intrinsics, known_wh = self._known
        # Drivers that fill in only K leave the size at zero.
        if any(known_wh) and size_wh != known_wh:
            raise SettingError(
                f'camera_info is for images of {known_wh[0]} x {known_wh[1]} pixels, these have '
                f'{size_wh[0]} x {size_wh[1]}: camera_info is ignored'
            )
        return intrinsics


def _content(msg: Any) -> tuple[object, ...]:
    """Return everything in a message except its stamp."""
    arrays = tuple(tuple(values) for values in (msg.d, msg.k, msg.p))
    part = (msg.roi.x_offset, msg.roi.y_offset, msg.roi.width, msg.roi.height)
    size = (msg.width, msg.height, msg.binning_x, msg.binning_y, *part)
    return (msg.header.frame_id, msg.distortion_model, *size, *arrays)
