"""Encodings of raw images: their memory layout and their conversion to gray or BGR."""

from dataclasses import dataclass

import cv2

from fer_ros.errors import ImageError


@dataclass(frozen=True)
class Encoding:
    """Memory layout of an encoding.

    Attributes:
        channels: Values per pixel, in the order of the rows of ``data``.
        bits: Bits per value, 8 or 16.
        to_bgr: OpenCV's code for the conversion to BGR; ``None`` if the encoding is BGR already,
            or gray.
        even_width: Whether two neighbouring pixels share their colour, so that the width is even.
        half_planes: Number of planes of half the image's height that follow the brightness: 1 if
            the colour of 2 x 2 pixels is stored there, else 0.
    """

    channels: int
    bits: int = 8
    to_bgr: int | None = None
    even_width: bool = False
    half_planes: int = 0

    @property
    def pixel_bytes(self) -> int:
        """Bytes per pixel in a row."""
        return self.channels * self.bits // 8

    def rows(self, height: int) -> int:
        """Return the number of rows in memory for an image of the given height."""
        return height + self.half_planes * height // 2


_UYVY = Encoding(2, to_bgr=cv2.COLOR_YUV2BGR_UYVY, even_width=True)
_YUYV = Encoding(2, to_bgr=cv2.COLOR_YUV2BGR_YUYV, even_width=True)

# The encodings of sensor_msgs/image_encodings that contain a picture, and other names used by
# drivers. A Bayer pattern is named after its first two rows here, but after the second row in
# OpenCV's older names.
ENCODINGS: dict[str, Encoding] = {
    'mono8': Encoding(1),
    '8UC1': Encoding(1),
    'mono16': Encoding(1, 16),
    '16UC1': Encoding(1, 16),
    'bgr8': Encoding(3),
    '8UC3': Encoding(3),
    'rgb8': Encoding(3, to_bgr=cv2.COLOR_RGB2BGR),
    'bgra8': Encoding(4, to_bgr=cv2.COLOR_BGRA2BGR),
    '8UC4': Encoding(4, to_bgr=cv2.COLOR_BGRA2BGR),
    'rgba8': Encoding(4, to_bgr=cv2.COLOR_RGBA2BGR),
    'bgr16': Encoding(3, 16),
    'rgb16': Encoding(3, 16, to_bgr=cv2.COLOR_RGB2BGR),
    'bgra16': Encoding(4, 16, to_bgr=cv2.COLOR_BGRA2BGR),
    'rgba16': Encoding(4, 16, to_bgr=cv2.COLOR_RGBA2BGR),
    'bayer_rggb8': Encoding(1, to_bgr=cv2.COLOR_BayerBG2BGR),
    'bayer_bggr8': Encoding(1, to_bgr=cv2.COLOR_BayerRG2BGR),
    'bayer_gbrg8': Encoding(1, to_bgr=cv2.COLOR_BayerGR2BGR),
    'bayer_grbg8': Encoding(1, to_bgr=cv2.COLOR_BayerGB2BGR),
    'bayer_rggb16': Encoding(1, 16, to_bgr=cv2.COLOR_BayerBG2BGR),
    'bayer_bggr16': Encoding(1, 16, to_bgr=cv2.COLOR_BayerRG2BGR),
    'bayer_gbrg16': Encoding(1, 16, to_bgr=cv2.COLOR_BayerGR2BGR),
    'bayer_grbg16': Encoding(1, 16, to_bgr=cv2.COLOR_BayerGB2BGR),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    'yvyu': Encoding(2, to_bgr=cv2.COLOR_YUV2BGR_YVYU, even_width=True),
    'nv12': Encoding(1, to_bgr=cv2.COLOR_YUV2BGR_NV12, even_width=True, half_planes=1),
    'nv21': Encoding(1, to_bgr=cv2.COLOR_YUV2BGR_NV21, even_width=True, half_planes=1),
}
# By convention these encode the distance of each pixel, not its brightness.
DEPTH_ENCODINGS = ('16UC1', '32FC1')

_BY_LOWER_CASE = {name.lower(): encoding for name, encoding in ENCODINGS.items()}


def find_encoding(name: str) -> Encoding:
    """Return the encoding with a name, in upper or lower case.

    Raises:
        ImageError: It is not one of ``ENCODINGS``.
    """
    encoding = ENCODINGS.get(name) or _BY_LOWER_CASE.get(name.lower())
    if encoding is None:
        depth = ' (it is a depth image)' if name in DEPTH_ENCODINGS else ''
        raise ImageError(
            f'encoding {name!r} cannot be read{depth}, expected one of {", ".join(ENCODINGS)}'
        )
    return encoding
