"""Images from a webcam, a network stream, a video file, a picture or a folder of pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from fer_ros.errors import ImageError, SourceError
from fer_ros.media.address import is_address, shown_source
from fer_ros.media.picture_files import (
    IMAGE_SUFFIXES,
    UNREAD_SUFFIXES,
    about_unread,
    count_frames,
    picture_files,
    read_picture,
)
from fer_ros.media.video_reader import VideoReader
from fer_ros.messages.images import MAX_PIXELS
from fer_ros.printable import printable
from fer_ros.structures import ImageArray

# How long a picture is shown when pictures are played like a film.
PICTURE_S = 2.0
_LIVE_RATE_HZ = 30.0
# Others of OpenCV's would print an address with its password when they fail.
_STREAM_BACKENDS = (cv2.CAP_FFMPEG, cv2.CAP_GSTREAMER)


@dataclass(frozen=True, eq=False)
class SourceImage:
    """One image of a source.

    Attributes:
        bgr: ``(H, W, 3)`` uint8.
        time_s: Seconds from the start of the source; NaN for a camera.
        file: Name of the picture's file; empty for an image from a video or camera.
    """

    bgr: ImageArray
    time_s: float
    file: str = ''


class ImageSource:
    """A source of images that can be read again from its start.

    Attributes:
        name: Name of the file, folder or camera, without user and password.
        rate_hz: Images per second, on average or as the source states.
        live: Whether images come from a camera, in real time and without end.
        stills: Whether the images are unrelated pictures rather than a sequence in time.
        count: Number of images; 0 if unknown.
    """

    def __init__(
        self,
        source: str,
        on_problem: Callable[[str], None] | None = None,
        rate_hz: float = 0.0,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        """Open a source.

        Args:
            source: Webcam index or device such as ``/dev/video0``; address of a stream or of a
                video file, ``rtsp://…`` or ``http://…``; path of a video file, a picture or a
                folder of pictures. An existing folder takes precedence over the other
                interpretations.
            on_problem: Called with a sentence for each image that is left out; without it, an
                unreadable picture is an error.
            rate_hz: Images per second: plays pictures as a film and overrides the times in a video
                file; 0: pictures are stills, video files keep their own times.
            max_pixels: Largest width times height of a picture that can be read.

        Raises:
            SourceError: There is no such source or it cannot be read.
        """
        self._source = source
        self._on_problem = on_problem
        self._given_rate_hz = rate_hz
        self._max_pixels = max_pixels
        self._files: list[Path] = []
        self._video: VideoReader | None = None
        self._capture: cv2.VideoCapture | None = None
        self.live, self.count = False, 0
        self.rate_hz = rate_hz or 1 / PICTURE_S
        path = Path(source)
        self.name = printable(path.resolve().name)
        if path.is_dir():
            self._files = picture_files(path)
            unread = about_unread(path.iterdir())
            if not self._files:
                raise SourceError(
                    f'folder {source} has no image ({", ".join(IMAGE_SUFFIXES)})'
                    + (f'; {unread}' if unread else '')
                )
            if unread:
                (on_problem or _ignore)(unread)
        elif path.is_file():
            self._open_file(path)
        else:
            self._open_live(path)
        self.stills = bool(self._files) and not rate_hz
        self.count = len(self._files) or self.count

    def __iter__(self) -> Iterator[SourceImage]:
        """Yield the images from the start of the source to its end.

        Raises:
            SourceError: A camera stops delivering images, or a picture is damaged and
                ``on_problem`` is not given.
        """
        if self._files:
            return self._pictures()
        return self._frames() if self._video is not None else self._live_images()

    def close(self) -> None:
        """Release the camera."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open_file(self, path: Path) -> None:
        suffix = path.suffix.lower()
        if suffix in IMAGE_SUFFIXES or (suffix == '.gif' and count_frames(path) == 1):
            self._files = [path]
            return
        if suffix in UNREAD_SUFFIXES:
            raise SourceError(
                f'pictures of the kind {suffix} are not read: convert {path} to JPEG or PNG'
            )
        self._open_video(path)

    def _open_video(self, file: Path | str) -> None:
        self._video = VideoReader(file, self._on_problem or _ignore)
        self.count = self._video.count
        self.rate_hz = self._given_rate_hz or self._video.rate_hz

    def _open_live(self, path: Path) -> None:
        self.live = True
        self.rate_hz = self._given_rate_hz or _LIVE_RATE_HZ
        if self._source.isdecimal():
            self.name = f'webcam_{self._source}'
        elif is_address(self._source):
            self.name = shown_source(self._source).partition('://')[2]
        elif not path.exists():
            raise SourceError(f'image source {self._source} does not exist')
        elif not path.is_char_device():
            raise SourceError(f'image source {self._source} is not a file, folder or camera')
        capture = self._open_capture()
        # The number of images of a stream without end is unknown, which is a negative number.
        if is_address(self._source) and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:
            self.close()
            self.live = False
            self._open_video(self._source)

    def _pictures(self) -> Iterator[SourceImage]:
        for index, file in enumerate(self._files):
            try:
                bgr = read_picture(file, self._on_problem or _ignore, self._max_pixels)
            except (ImageError, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                sentence = f'image {file} cannot be read: {reason}'
                if self._on_problem is None:
                    raise SourceError(sentence) from None
                self._on_problem(sentence)
                continue
            yield SourceImage(bgr, index / self.rate_hz, printable(file.name))

    def _frames(self) -> Iterator[SourceImage]:
        assert self._video is not None
        for index, (time_s, bgr) in enumerate(self._video):
            given_s = index / self._given_rate_hz if self._given_rate_hz else time_s
            yield SourceImage(bgr, given_s)

    def _live_images(self) -> Iterator[SourceImage]:
        capture = self._capture or self._open_capture()
        while True:
            ok, image = capture.read()
            if not ok:
                raise SourceError(f'{self._shown} delivers no more images')
            yield SourceImage(np.asarray(image, np.uint8), float('nan'))

    @property
    def _shown(self) -> str:
        kind = 'stream' if is_address(self._source) else 'webcam'
        return f'{kind} {shown_source(self._source)}'

    def _open_capture(self) -> cv2.VideoCapture:
        if self._source.isdecimal():
            capture = cv2.VideoCapture(int(self._source))
        elif is_address(self._source):
            capture = _open_stream(self._source)
        else:
            # The driver knows the device itself, not symbolic links to it.
            capture = cv2.VideoCapture(str(Path(self._source).resolve()), cv2.CAP_V4L2)
        if not capture.isOpened():
            raise SourceError(f'{self._shown} cannot be opened')
        # A queue would make a camera's old images look new.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        rate_hz = capture.get(cv2.CAP_PROP_FPS)
        if 1 <= rate_hz <= 1000 and not self._given_rate_hz:
            self.rate_hz = rate_hz
        self._capture = capture
        return capture


def _open_stream(address: str) -> cv2.VideoCapture:
    capture = cv2.VideoCapture()
    for backend in _STREAM_BACKENDS:
        if cv2.videoio_registry.hasBackend(backend) and capture.open(address, backend):
            break
    return capture


def _ignore(_: str) -> None:
    pass
