"""Writes images with stamps to a video file of constant rate."""

from pathlib import Path

import cv2

from fer_ros.errors import SourceError
from fer_ros.structures import ImageArray


class VideoFile:
    """An MP4 file that appears under its name when it is closed, whole.

    Images are repeated or left out so that they stand at their time.
    """

    def __init__(self, path: Path, rate_hz: float) -> None:
        """Args:
        path: Of the file.
        rate_hz: Images per second.
        """
        self._path = path
        self._aside = path.with_name(f'.{path.name}')
        self._rate_hz = rate_hz
        self._writer: cv2.VideoWriter | None = None
        self._size_wh = (0, 0)
        self._start_s = 0.0
        self._written = 0

    def write(self, bgr: ImageArray, stamp_s: float) -> None:
        """Add an image.

        Args:
            bgr: ``(H, W, 3)`` uint8; a later one of another size is scaled to the first's.
            stamp_s: Its time in seconds, not decreasing.

        Raises:
            SourceError: The file cannot be written.
        """
        if self._writer is None:
            self._open(bgr, stamp_s)
        assert self._writer is not None
        if (bgr.shape[1], bgr.shape[0]) != self._size_wh:
            bgr = cv2.resize(bgr, self._size_wh)  # type: ignore[assignment]
        due = round((stamp_s - self._start_s) * self._rate_hz) + 1
        # A camera that was away for long does not fill the disk with one picture.
        for _ in range(min(due - self._written, round(2 * self._rate_hz))):
            self._writer.write(bgr)
        self._written = max(due, self._written)

    def close(self) -> None:
        """Finish the file; without an image there is none."""
        if self._writer is not None:
            self._writer.release()
            self._aside.replace(self._path)
            self._writer = None

    def _open(self, bgr: ImageArray, stamp_s: float) -> None:
        self._size_wh = bgr.shape[1], bgr.shape[0]
        self._start_s = stamp_s
        codec = cv2.VideoWriter.fourcc(*'mp4v')
        self._writer = cv2.VideoWriter(str(self._aside), codec, self._rate_hz, self._size_wh)
        if not self._writer.isOpened():
            raise SourceError(f'video {self._path} cannot be written')
