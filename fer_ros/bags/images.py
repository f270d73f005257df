"""The images of a bag: turns messages into stamped images."""

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from fer_ros.bags.message import BagMessage, deserialized
from fer_ros.bags.reader import BagReader
from fer_ros.bags.recorded_camera import RecordedCamera
from fer_ros.bags.topic_rate import TopicRate, unequal_counts
from fer_ros.counted import counted
from fer_ros.errors import BagError, ImageError
from fer_ros.media.image_clock import ImageClock, stamp_s
from fer_ros.media.image_stream import ImageStream, StampedImage, TimeOrigin
from fer_ros.messages.image_transport import IMAGE_TRANSPORTS, base_topic, is_annotated
from fer_ros.messages.images import ImageDecoder
from fer_ros.printable import printable

IMAGE_TYPES = {transport.message_type for transport in IMAGE_TRANSPORTS.values()}
# A topic counts as having no images if none of this many messages can be decoded.
_TRIED = 30
# Pictures of single faces, by REP 155 (ROS4HRI).
_OF_ONE_FACE = re.compile(r'.*/faces/\w+/(cropped|aligned)')


def bag_images(
    reader: BagReader,
    named: Sequence[str],
    max_pixels: int,
    white_level: int = 0,
    rectified: bool = False,
) -> ImageStream:
    """Return the images of a bag.

    Args:
        reader: Reader of the bag; stays open while the images are read.
        named: Topics to read, or none for all; see ``image_topics``. A topic that is not named is
            left out if its first images cannot be decoded.
        max_pixels: Largest width times height; larger images are refused.
        white_level: Value of white in 16-bit images; see ``ImageDecoder``.
        rectified: Whether the images are rectified; see ``CameraModel``.

    Raises:
        BagError: As for ``image_topics``, or no image on the topics can be decoded.
    """
    probes: dict[str, TimeOrigin] = {}
    for topic in image_topics(reader, named):
        try:
            probes[topic] = _probe(reader, topic, ImageDecoder(max_pixels, white_level))
        except ImageError as error:
            if named:
                raise BagError(f'topic {topic} of bag {reader.path}: {error}') from None
            reader.problems.append(f'topic {topic} is left out: {error}')
    if not probes:
        raise BagError(f'bag {reader.path}: {"; ".join(dict.fromkeys(reader.problems))}')
    if not named:
        _leave_out_twins(reader, probes)
    origin = min(probes.values(), key=lambda one: one.log_time_ns)
    return ImageStream(
        printable(reader.path.name),
        {topic: reader.topics[topic].count for topic in probes},
        _Decoder(
            origin,
            reader.problems,
            max_pixels,
            white_level,
            {topic: RecordedCamera(reader, topic, rectified) for topic in probes},
        ).images(reader),
        origin,
        problems=reader.problems,
    )


class _Decoder:
    """Decodes messages and determines their times, even where stamps are missing or jump back."""

    def __init__(
        self,
        origin: TimeOrigin,
        problems: list[str],
        max_pixels: int,
        white_level: int,
        cameras: Mapping[str, RecordedCamera],
    ) -> None:
        self._origin = origin
        self._cameras = cameras
        self._problems = problems
        self._max_pixels, self._white_level = max_pixels, white_level
        self._decoders: dict[str, ImageDecoder] = {}
        self._clocks: dict[str, ImageClock] = {}
        self._rates: dict[str, TopicRate] = {}

    def images(self, reader: BagReader) -> Iterator[StampedImage]:
        infos = {camera.topic for camera in self._cameras.values() if camera.topic}
        damaged: Counter[str] = Counter()
        first_damage: dict[str, str] = {}
        for message in reader.messages([*self._cameras, *infos]):
            if message.topic in infos:
                for camera in self._cameras.values():
                    camera.take(message)
                continue
            try:
                image = self._decode(message)
            except ImageError as error:
                damaged[message.topic] += 1
                first_damage.setdefault(message.topic, str(error))
                continue
            if image is not None:
                self._rates.setdefault(image.topic, TopicRate()).add(image.time_s)
                yield image
        for topic, count in damaged.items():
            self._problems.append(
                f'{topic}: left out {counted(count, "image")} that could not be decoded; the '
                f'first: {first_damage[topic]}'
            )
        for topic, clock in self._clocks.items():
            said = [*clock.problems(), *self._rates[topic].problems()]
            self._problems += [f'{topic}: {sentence}' for sentence in said]
        self._problems += unequal_counts(self._rates)

    def _decode(self, message: BagMessage) -> StampedImage | None:
        """Return an image, or ``None`` if an earlier message overtook it."""
        msg = deserialized(message)
        decoder = self._decoder(message.topic)
        gray = decoder.gray(msg)
        stamp_ns = _stamp_ns(msg)
        origin = self._origin
        clock = self._clocks.setdefault(
            message.topic, ImageClock(origin.stamp_ns, origin.log_time_ns)
        )
        time = clock.take(stamp_ns, message.log_time_ns)
        if time is None:
            return None
        return StampedImage(
            topic=message.topic,
            stamp_ns=stamp_ns,
            log_time_ns=message.log_time_ns,
            frame_id=msg.header.frame_id,
            stamp_s=stamp_s(time.stamp_ns),
            time_s=time.elapsed_ns / 1e9,
            gray=gray,
            decode_bgr=functools.partial(decoder.bgr, msg),
            new_scene=time.new_start,
            camera=self._cameras[message.topic].of_image((gray.shape[1], gray.shape[0])),
        )

    def _decoder(self, topic: str) -> ImageDecoder:
        if topic not in self._decoders:
            self._decoders[topic] = ImageDecoder(
                self._max_pixels,
                self._white_level,
                lambda sentence: self._problems.append(f'{topic}: {sentence}'),
            )
        return self._decoders[topic]


def _probe(reader: BagReader, topic: str, decoder: ImageDecoder) -> TimeOrigin:
    """Return the time of a topic's first image; one of its first messages must be decodable."""
    failure: ImageError | None = None
    for message in islice(reader.messages([topic]), _TRIED):
        try:
            return _decoded_origin(message, decoder)
        except ImageError as error:
            failure = failure or error
    raise failure or ImageError('none of its messages can be read')


def _decoded_origin(message: BagMessage, decoder: ImageDecoder) -> TimeOrigin:
    """Return the time of an image, after checking that it can be decoded."""
    msg = deserialized(message)
    decoder.gray(msg)
    return TimeOrigin(_stamp_ns(msg) or message.log_time_ns, message.log_time_ns)


def _stamp_ns(msg: Any) -> int:
    return int(msg.header.stamp.sec) * 1_000_000_000 + int(msg.header.stamp.nanosec)


def image_topics(reader: BagReader, named: Sequence[str] = ()) -> list[str]:
    """Return the topics whose images should be read.

    Args:
        reader: Reader of the bag.
        named: Topics to read; if empty, all topics with images except those that show images of
            other topics, which are reported: annotated images, and the faces cut out for ROS4HRI.

    Raises:
        BagError: A named topic does not exist or has no images, or the bag has no topic with
            images.
    """
    there = ', '.join(f'{name} ({topic.msgtype})' for name, topic in sorted(reader.topics.items()))
    for name in named:
        if name not in reader.topics:
            raise BagError(f'bag {reader.path} has no topic {name}; there are: {there}')
        topic = reader.topics[name]
        if topic.msgtype not in IMAGE_TYPES:
            raise BagError(
                f'topic {name} of bag {reader.path} contains {topic.msgtype}, not images'
            )
        if not topic.count:
            raise BagError(f'topic {name} of bag {reader.path} contains no message')
    if named:
        return list(dict.fromkeys(named))
    found = [
        name
        for name, topic in reader.topics.items()
        if topic.msgtype in IMAGE_TYPES and topic.count
    ]
    if not found:
        raise BagError(f'bag {reader.path} contains no images; its topics are: {there}')
    return _leave_out_derived(reader, sorted(found))


def _leave_out_derived(reader: BagReader, found: list[str]) -> list[str]:
    """Return the topics of cameras; the node's own pictures would be taken for further cameras."""
    kept, problems = [], []
    for name in found:
        cameras = [other for other in found if is_annotated(name, other)]
        if cameras:
            reason = f'its images are those of {cameras[0]}, annotated'
        elif _OF_ONE_FACE.fullmatch(base_topic(name)):
            reason = 'its images are single faces, cut out for ROS4HRI'
        else:
            kept.append(name)
            continue
        count = counted(reader.topics[name].count, 'image')
        problems.append(f'topic {name} ({count}) is left out: {reason}')
    if not kept:
        return found
    reader.problems += problems
    return kept


def _leave_out_twins(reader: BagReader, probes: dict[str, TimeOrigin]) -> None:
    """Keep the topic with the most images of all readable topics of the same camera."""
    for camera in {base_topic(name) for name in probes}:
        twins = sorted(name for name in probes if base_topic(name) == camera)
        kept, *others = sorted(twins, key=lambda name: -reader.topics[name].count)
        for other in others:
            del probes[other]
            reader.problems.append(
                f'topic {other} ({counted(reader.topics[other].count, "image")}) is left out: '
                f'{kept} ({counted(reader.topics[kept].count, "image")}) shows the same'
            )
