"""FaceDetector: what every kind of detector can do."""

from typing import Protocol

from fer_ros.errors import SettingError
from fer_ros.structures import FaceBox, ImageArray

LEAST_FACE_PX = 20


class FaceDetector(Protocol):
    """Finds the faces in an image; several threads may ask at the same time.

    Whatever its kind, its boxes are like those of dlib's frontal face detector, which is what the
    landmark model expects: upright squares from the brows to the chin.
    """

    @property
    def name(self) -> str:
        """Which kind it is, as the parameter ``detector`` says it."""
        ...

    @property
    def description(self) -> str:
        """Name, and what of that kind: the version or the file."""
        ...

    def detect(self, gray: ImageArray) -> list[FaceBox]:
        """Return the faces in ``gray``, best score first.

        Args:
            gray: ``(H, W)`` uint8.

        Returns:
            Boxes in pixels of ``gray``; edges may lie a little outside of it.
        """
        ...

    def detect_near(self, gray: ImageArray, box: FaceBox) -> list[FaceBox]:
        """Return the faces within a box's width of a box, best score first; as ``detect``.

        Much quicker than to search the whole image: faces that are much smaller than the box are
        not found.
        """
        ...


def require_min_face(min_face_px: int) -> None:
    """Refuse a smallest face that no detector could be asked for.

    Raises:
        SettingError: It is neither 0, the detector's own choice, nor ``LEAST_FACE_PX`` or more.
    """
    if min_face_px and min_face_px < LEAST_FACE_PX:
        raise SettingError(
            f'min_face_px is {min_face_px}, allowed are 0 and {LEAST_FACE_PX} and more'
        )


def around(gray: ImageArray, box: FaceBox) -> tuple[ImageArray, tuple[int, int]]:
    """Return the part of an image within a box's width of a box, and its top left corner.

    Args:
        gray: ``(H, W)`` uint8.
        box: May lie outside the image; the part is empty where all of it does.
    """
    height, width = gray.shape
    (x, y), reach = box.center_px, 1.5 * box.width_px
    x0, x1 = (int(min(max(edge, 0), width)) for edge in (x - reach, x + reach))
    y0, y1 = (int(min(max(edge, 0), height)) for edge in (y - reach, y + reach))
    return gray[y0:y1, x0:x1], (x0, y0)
