"""Images from a webcam, a video file, an image or a folder of images."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from fer_ros.errors import SourceError
from fer_ros.structures import ImageArray

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm')
_DEFAULT_RATE_HZ = 30.0


class ImageSource:
    """A source of BGR images that can be read again from its start.

    Attributes:
        rate_hz: Images per second at which the source wants to be shown.
        live: Whether images come when the camera makes them and never end.
        count: How many images there are; 0 where that is not known.
    """

    def __init__(self, source: str, on_damaged: Callable[[str], None] | None = None) -> None:
        """Open a source.

        Args:
            source: Webcam index, or path of a video file, an image or a folder of images.
            on_damaged: Called with a sentence for an image file that cannot be read, which is then
                left out; without it such a file is an error.

        Raises:
            SourceError: There is no such source or it cannot be read.
        """
        self._source = source
        self._on_damaged = on_damaged
        self._files: list[Path] = []
        self._capture: cv2.VideoCapture | None = None
        path = Path(source)
        self.live = source.isdecimal()
        self.rate_hz = _DEFAULT_RATE_HZ
        self.count = 0
        if self.live:
            self._open_capture()
        elif path.is_dir():
            self._files = sorted(f for f in path.iterdir() if f.suffix.lower() in IMAGE_SUFFIXES)
            if not self._files:
                raise SourceError(f'folder {source} holds no image ({", ".join(IMAGE_SUFFIXES)})')
            self.count = len(self._files)
        elif not path.is_file():
            raise SourceError(f'image source {source} does not exist')
        elif path.suffix.lower() in IMAGE_SUFFIXES:
            self._files = [path]
            self.count = 1
        else:
            self._open_capture()

    def __iter__(self) -> Iterator[ImageArray]:
        """Yield ``(H, W, 3)`` uint8 BGR images from the start of the source to its end.

        Raises:
            SourceError: A webcam gives no more images, or an image file is damaged and
                ``on_damaged`` is not given.
        """
        if self._files:
            for file in self._files:
                image = cv2.imread(str(file), cv2.IMREAD_COLOR)
                if image is None:
                    sentence = f'image {file} is damaged or of an unknown kind'
                    if self._on_damaged is None:
                        raise SourceError(sentence)
                    self._on_damaged(sentence)
                    continue
                yield np.asarray(image, np.uint8)
            return
        if not self.live:
            self.close()
            self._open_capture()
        assert self._capture is not None
        while True:
            ok, image = self._capture.read()
            if not ok:
                if self.live:
                    raise SourceError(f'webcam {self._source} gives no more images')
                return
            yield np.asarray(image, np.uint8)

    def close(self) -> None:
        """Release the camera or file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open_capture(self) -> None:
        kind = 'webcam' if self.live else 'video'
        capture = cv2.VideoCapture(int(self._source) if self.live else self._source)
        if not capture.isOpened():
            raise SourceError(f'{kind} {self._source} cannot be opened')
        if self.live:
            # A camera's queue would make old images look new.
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        rate_hz = capture.get(cv2.CAP_PROP_FPS)
        if 1 <= rate_hz <= 1000:
            self.rate_hz = rate_hz
        if not self.live:
            # Negative where the file does not say.
            self.count = max(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
        self._capture = capture
