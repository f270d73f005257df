"""FaceDetector: the interface of every kind of detector."""

from typing import Protocol

from fer_ros.errors import SettingError
from fer_ros.structures import FaceBox, ImageArray

LEAST_FACE_PX = 20


class FaceDetector(Protocol):
    """Finds the faces in an image; several threads may call it at the same time.

    Boxes of every kind of detector resemble those of dlib's frontal face detector, as the landmark
    model expects: upright squares from the brows to the chin.
    """

    @property
    def name(self) -> str:
        """Kind of the detector: the value of the parameter ``detector`` that selects it."""
        ...

    @property
    def description(self) -> str:
        """Name with version or file."""
        ...

    def detect(self, gray: ImageArray) -> list[FaceBox]:
        """Return the faces in ``gray``, best score first.

        Args:
            gray: ``(H, W)`` uint8.

        Returns:
            Boxes in pixels of ``gray``; edges may lie slightly outside it.
        """
        ...

    def detect_near(self, gray: ImageArray, box: FaceBox) -> list[FaceBox]:
        """Return the faces within one box width of a box, best score first; see ``detect``.

        Much quicker than searching the whole image, but faces much smaller than the box are
        missed.
        """
        ...


def require_min_face(min_face_px: int) -> None:
    """Check the width of the smallest face to find.

    Raises:
        SettingError: It is neither 0, the detector's own choice, nor ``LEAST_FACE_PX`` or more.
    """
    if min_face_px and min_face_px < LEAST_FACE_PX:
        raise SettingError(f'min_face_px is {min_face_px}, expected 0, or {LEAST_FACE_PX} or more')


def around(gray: ImageArray, box: FaceBox) -> tuple[ImageArray, tuple[int, int]]:
    """Return the part of an image within one box width of a box, and its top left corner.

    Args:
        gray: ``(H, W)`` uint8.
        box: Box that may lie outside the image; the part is empty if all of it does.
    """
    height, width = gray.shape
    (x, y), reach = box.center_px, 1.5 * box.width_px
    x0, x1 = (int(min(max(edge, 0), width)) for edge in (x - reach, x + reach))
    y0, y1 = (int(min(max(edge, 0), height)) for edge in (y - reach, y + reach))
    return gray[y0:y1, x0:x1], (x0, y0)
