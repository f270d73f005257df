"""Outputs: the files that are written while images are processed."""

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.emotion_table import EmotionTable, parquet_is_installed
from fer_ros.bags.writer import EmotionBag
from fer_ros.media.annotate import annotate
from fer_ros.media.image_stream import ImageStream, StampedImage
from fer_ros.media.video_file import VideoFile
from fer_ros.offline.prefetch import WriteBehind
from fer_ros.offline.stream_processor import Processed
from fer_ros.report.page import PagePictures
from fer_ros.report.thumbnails import FaceThumbnails, WorstDisagreements
from fer_ros.report.video_still import VideoStill
from fer_ros.structures import FrameEmotions

# Longest part of a video's name that comes from its topic; file systems allow 255 bytes in total.
_LONGEST_NAME = 50
# Number of processed images that may wait to be written.
_DEPTH = 8


class Outputs:
    """Writes the outputs in two threads while images are processed; a context manager.

    After an error the files are left unfinished.

    Attributes:
        log: All estimates, for the figures at the end.
        video_names: Name of the annotated video of each topic; empty if none is written.
    """

    def __init__(
        self,
        folder: Path,
        stream: ImageStream,
        log: EmotionLog,
        parts: Sequence[str],
        parameters: Mapping[str, Any],
        foxglove: bool = False,
    ) -> None:
        """Open the files.

        Args:
            folder: Existing folder to write to.
            stream: Images to be processed.
            log: Empty log to fill.
            parts: See ``RunSettings``.
            parameters: Values of the node's parameters.
            foxglove: See ``RunSettings``.
        """
        self.log = log
        self._annotations = parameters['annotate']
        labels = log.labels
        self.video_names = video_names(list(stream.topics)) if 'video' in parts else {}
        self._worst = WorstDisagreements(labels) if labels and 'page' in parts else None
        self._faces = FaceThumbnails(parameters['rotate_deg']) if 'page' in parts else None
        self._stills = {topic: VideoStill() for topic in self.video_names if 'page' in parts}
        self._table: EmotionTable | None = None
        self._bag: EmotionBag | None = None
        self._videos: dict[str, VideoFile] = {}
        with ExitStack() as opened:
            if 'table' in parts:
                parquet = folder / 'emotion.parquet' if parquet_is_installed() else None
                table = EmotionTable(log.classes, folder / 'emotion.csv', parquet)
                self._table = opened.enter_context(closing(table))
            if 'bag' in parts:
                pictures_of = list(stream.topics) if foxglove else ()
                self._bag = opened.enter_context(
                    EmotionBag(folder / 'emotion', parameters['publish_landmarks'], pictures_of)
                )
            for topic, name in self.video_names.items():
                video = VideoFile(folder / name)
                if video.note:
                    stream.problems.append(video.note)
                self._videos[topic] = opened.enter_context(closing(video))
            # These are closed first, so that everything is written before the files are closed.
            self._rows = opened.enter_context(WriteBehind(self._write_rows, _DEPTH))
            self._pictures = opened.enter_context(WriteBehind(self._write_picture, _DEPTH))
            self._opened = opened.pop_all()

    def __enter__(self) -> 'Outputs':
        return self

    def __exit__(self, *error: Any) -> None:
        self._opened.__exit__(*error)

    def write(self, image: StampedImage, frame: FrameEmotions) -> None:
        """Add an image and its estimates."""
        self._rows.put((image, frame))
        if self._videos:
            self._pictures.put((image, frame))

    def page_pictures(self) -> PagePictures:
        """Return the pictures that were kept for the page."""
        return PagePictures(
            faces=self._faces.jpegs() if self._faces else {},
            worst=self._worst.worst_first() if self._worst else [],
            posters={self.video_names[topic]: at.jpeg() for topic, at in self._stills.items()},
        )

    def _write_rows(self, processed: Processed) -> None:
        image, frame = processed
        self.log.append(image.topic, image.time_s, frame)
        if self._table is not None:
            self._table.write(image.topic, frame)
        if self._bag is not None:
            self._bag.write(image, frame)
        if self._worst is not None:
            self._worst.offer(image, frame)
        if self._faces is not None:
            self._faces.offer(image, frame)

    def _write_picture(self, processed: Processed) -> None:
        image, frame = processed
        drawn = annotate(image.decode_bgr(), frame, self._annotations)
        video = self._videos[image.topic]
        if video.empty and image.time_s:
            # All videos begin with the recording, from which the report counts its times.
            video.write(drawn, 0.0)
        video.write(drawn, image.time_s)
        if image.topic in self._stills:
            self._stills[image.topic].offer(drawn, frame)


def video_names(topics: Sequence[str]) -> dict[str, str]:
    """Return the name of the annotated video of each topic.

    For a single topic it is ``annotated.mp4``; for several, each name contains the topic's.
    """
    if len(topics) == 1:
        return {topics[0]: 'annotated.mp4'}
    names: dict[str, str] = {}
    for topic in topics:
        plain = re.sub(r'\W+', '_', topic).strip('_')[:_LONGEST_NAME]
        # /a/b and /a_b are different topics.
        while f'annotated_{plain}.mp4' in names.values():
            plain += '_'
        names[topic] = f'annotated_{plain}.mp4'
    return names
