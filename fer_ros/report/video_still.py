"""VideoStill: the one image of an annotated video that shows the most."""

import cv2

from fer_ros.structures import FrameEmotions, ImageArray

_WIDEST_PX = 960
_JPEG_QUALITY = 80


class VideoStill:
    """Keeps the image with the most faces; among those, with the most emotions, and large faces.

    Attributes:
        bgr: ``(H, W, 3)`` uint8; None before the first image.
    """

    def __init__(self) -> None:
        self.bgr: ImageArray | None = None
        self._rank = (0, 0, 0.0)

    def offer(self, bgr: ImageArray, frame: FrameEmotions) -> None:
        """Keep a copy of an image if it shows more than the one kept so far.

        Args:
            bgr: Annotated image, ``(H, W, 3)`` uint8.
            frame: Its faces.
        """
        rank = _rank(frame, bgr.shape[1])
        if self.bgr is None or rank > self._rank:
            self.bgr, self._rank = bgr.copy(), rank

    def jpeg(self) -> bytes:
        """Return the image as JPEG, at most 960 pixels wide; empty if there is none."""
        if self.bgr is None:
            return b''
        scale = min(1.0, _WIDEST_PX / self.bgr.shape[1])
        small = cv2.resize(self.bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def _rank(frame: FrameEmotions, width_px: int) -> tuple[int, int, float]:
    """Return number of faces, number of emotions, and the smallest face, cut off at the edges."""
    boxes = [face.box for face in frame.faces]
    sizes_px = [min(box.width_px, box.x0_px, width_px - box.x1_px) for box in boxes]
    emotions = {face.emotion for face in frame.faces}
    return len(frame.faces), len(emotions), min(sizes_px, default=0.0)
