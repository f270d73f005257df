"""Labels from a topic of the bag: annotations by a person or estimates of another model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fer_ros.analysis.emotion_series import longest_gap_s
from fer_ros.analysis.label_intervals import LabelInterval, Labels
from fer_ros.bags.images import IMAGE_TYPES
from fer_ros.bags.message import BagMessage
from fer_ros.bags.reader import BagReader
from fer_ros.errors import BagError, LabelError
from fer_ros.media.image_stream import TimeOrigin
from fer_ros.messages.definitions import EMOTIONS_TYPE, typestore
from fer_ros.messages.image_transport import base_topic

STRING_TYPE = 'std_msgs/msg/String'
Region = tuple[float, float, float, float, float]
# Time of an image, and the emotion of each labelled face by ``face_id``, with its region if known.
LabelledImage = tuple[float, dict[int, tuple[str, list[Region]]]]


@dataclass
class _Open:
    """A label that continues while messages repeat it."""

    start_s: float
    last_s: float
    emotion: str
    regions: list[Region] = field(default_factory=list)


def read_label_topic(
    reader: BagReader, topic: str, origin: TimeOrigin, classes: Sequence[str]
) -> Labels:
    """Read labels from a topic.

    ``std_msgs/String``: each message is an emotion that applies from its time of recording to the
    next message; an empty one ends it. ``fer_ros/msg/FaceEmotionArray``: each message labels the
    faces of the image with the same header stamp on its ``image_topic``, or on any topic if the
    bag does not have that one; faces are matched by position.

    Args:
        reader: Reader of the bag.
        topic: Name of the topic.
        origin: Time of the first image.
        classes: Class names of the model.

    Raises:
        BagError: The topic does not exist.
        LabelError: The topic has another type, or the type from another version of fer_ros; it
            contains an unknown class, or no label.
    """
    if topic not in reader.topics:
        there = ', '.join(sorted(reader.topics))
        raise BagError(f'bag {reader.path} has no label topic {topic}; there are: {there}')
    msgtype = reader.topics[topic].msgtype
    if msgtype == STRING_TYPE:
        intervals = list(_from_strings(reader, topic, origin, classes))
    elif msgtype == EMOTIONS_TYPE:
        intervals = list(_from_emotions(reader, topic, origin, classes))
    else:
        raise LabelError(
            f'label topic {topic} contains {msgtype}, expected {STRING_TYPE} or {EMOTIONS_TYPE}'
        )
    if not intervals:
        raise LabelError(f'label topic {topic} of bag {reader.path} contains no label')
    return Labels(intervals)


def _from_strings(
    reader: BagReader, topic: str, origin: TimeOrigin, classes: Sequence[str]
) -> Iterator[LabelInterval]:
    start_s, emotion = 0.0, ''
    for message in reader.messages([topic]):
        time_s = (message.log_time_ns - origin.log_time_ns) / 1e9
        said = _deserialized(message, STRING_TYPE).data.strip()
        _require_known(said, classes, f'label topic {topic}, {time_s:.2f} s')
        if emotion and time_s > start_s:
            yield LabelInterval(start_s, time_s, emotion)
        start_s, emotion = time_s, said
    if emotion:
        # No message ended it: it applies as long as there are images.
        yield LabelInterval(start_s, float('inf'), emotion)


def _from_emotions(
    reader: BagReader, topic: str, origin: TimeOrigin, classes: Sequence[str]
) -> Iterator[LabelInterval]:
    images: dict[str, list[LabelledImage]] = {}
    for message in reader.messages([topic]):
        msg = _deserialized(message, EMOTIONS_TYPE)
        stamp = msg.header.stamp
        stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
        time_s = (stamp_ns - origin.stamp_ns) / 1e9
        if not stamp_ns:
            # The time of such an image is that of its recording, too.
            time_s = (message.log_time_ns - origin.log_time_ns) / 1e9
        for face in msg.faces:
            _require_known(face.emotion, classes, f'label topic {topic}, {time_s:.2f} s')
        said = {
            face.face_id: (face.emotion, _region(face.roi, time_s))
            for face in msg.faces
            if face.emotion
        }
        images.setdefault(base_topic(msg.image_topic), []).append((time_s, said))
    counts = _image_counts(reader)
    for camera, its_images in images.items():
        count = counts.get(camera, max(counts.values(), default=0))
        yield from _of_camera(its_images, camera if camera in counts else '', count)


def _image_counts(reader: BagReader) -> dict[str, int]:
    """Return the number of images of each camera, by its base topic."""
    counts: dict[str, int] = {}
    for name, topic in reader.topics.items():
        if topic.msgtype in IMAGE_TYPES:
            camera = base_topic(name)
            counts[camera] = max(counts.get(camera, 0), topic.count)
    return counts


def _of_camera(
    images: Sequence[LabelledImage], camera: str, count: int
) -> Iterator[LabelInterval]:
    """Yield the labels of one camera's faces; ``count`` is the number of its images."""
    # A label that is given with each image has ended when it is not repeated for this long. If
    # only some images have labels, the time between labels is not that between images.
    each = 2 * len(images) >= count
    gap_s = longest_gap_s(np.array([time_s for time_s, _ in images] if each else []))
    open_ones: dict[int, _Open] = {}
    for time_s, said in images:
        for face_id, (emotion, region) in said.items():
            old = open_ones.get(face_id)
            if old and (old.emotion != emotion or time_s - old.last_s > gap_s):
                end_s = min(time_s, old.last_s + gap_s)
                yield _closed(open_ones.pop(face_id), end_s, camera)
            new = open_ones.setdefault(face_id, _Open(time_s, time_s, emotion))
            new.last_s = time_s
            new.regions += region
        for face_id in set(open_ones) - set(said):
            yield _closed(open_ones.pop(face_id), time_s, camera)
    for label in open_ones.values():
        yield _closed(label, label.last_s + gap_s, camera)


def _deserialized(message: BagMessage, msgtype: str) -> Any:
    try:
        return typestore().deserialize_cdr(message.payload(), msgtype)
    # On damaged bytes the parser fails with many kinds of exceptions.
    except Exception as error:
        raise LabelError(
            f'label topic {message.topic} contains {msgtype} of another version, or is damaged: '
            f'{error or type(error).__name__}'
        ) from None


def _region(roi: Any, time_s: float) -> list[Region]:
    if not (roi.width and roi.height):
        return []
    x0, y0 = roi.x_offset, roi.y_offset
    return [(time_s, x0, y0, x0 + roi.width, y0 + roi.height)]


def _closed(label: _Open, end_s: float, camera: str) -> LabelInterval:
    regions = np.array(label.regions, np.float64).reshape(-1, 5)
    return LabelInterval(label.start_s, end_s, label.emotion, None, regions, camera)


def _require_known(emotion: str, classes: Sequence[str], where: str) -> None:
    if emotion and emotion not in classes:
        known = ', '.join(classes)
        raise LabelError(f'{where}: emotion {emotion!r} is unknown, expected {known}')
