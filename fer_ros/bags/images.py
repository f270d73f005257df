"""The images of a bag: how messages become stamped images."""

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fer_ros.bags.message import BagMessage
from fer_ros.bags.reader import BagReader
from fer_ros.errors import BagError, ImageError
from fer_ros.media.image_stream import ImageStream, StampedImage
from fer_ros.messages.definitions import typestore
from fer_ros.messages.images import bgr_from_msg, gray_from_msg

# A video of a topic whose images come at no steady rate is shown at one in this range.
_VIDEO_RATE_HZ = (1.0, 60.0)
# Images from whose stamps the rate of a topic is taken.
_RATE_FROM = 30


def bag_images(reader: BagReader, named: Sequence[str], max_pixels: int) -> ImageStream:
    """Return the images of a bag.

    Args:
        reader: Of the bag; stays open while the images are read.
        named: See ``image_topics``; a topic that is not named is left out when its first image
            cannot be decoded.
        max_pixels: Images with more pixels are refused.

    Raises:
        BagError: See ``image_topics``; or no image of the topics can be decoded.
    """
    topics = image_topics(reader, named)
    stream = ImageStream(reader.path.name, {}, iter(()), {}, problems=reader.problems)
    for topic in topics:
        try:
            stream.rate_hz[topic] = _probe(reader, topic, max_pixels)
            stream.topics[topic] = reader.topics[topic].count
        except ImageError as error:
            if named:
                raise BagError(f'topic {topic} of bag {reader.path}: {error}') from None
            stream.problems.append(f'topic {topic} is left out: {error}')
    if not stream.topics:
        raise BagError(f'bag {reader.path}: {"; ".join(stream.problems)}')
    stream.images = _Images(stream, max_pixels).read(reader)
    return stream


class _Images:
    """Decodes messages, and leads the time through stamps that are missing or jump back."""

    def __init__(self, stream: ImageStream, max_pixels: int) -> None:
        self._stream = stream
        self._max_pixels = max_pixels
        self._origin_ns: int | None = None
        self._clocks: dict[str, _Clock] = {}
        self._damaged: Counter[str] = Counter()

    def read(self, reader: BagReader) -> Iterator[StampedImage]:
        first_damage: dict[str, str] = {}
        for message in reader.messages(self._stream.topics):
            try:
                yield self._decode(message)
            except ImageError as error:
                self._damaged[message.topic] += 1
                first_damage.setdefault(message.topic, str(error))
        for topic, count in self._damaged.items():
            self._stream.problems.append(
                f'{topic}: {count} images could not be decoded and are left out; the first: '
                f'{first_damage[topic]}'
            )
        for topic, clock in self._clocks.items():
            self._stream.problems += [f'{topic}: {said}' for said in clock.problems()]

    def _decode(self, message: BagMessage) -> StampedImage:
        msg = _deserialized(message)
        stamp = msg.header.stamp
        gray = gray_from_msg(msg, self._max_pixels)
        # The same sum as in the node: estimates are to agree to the last digit.
        stamp_s = float(stamp.sec) + float(stamp.nanosec) * 1e-9
        stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
        clock = self._clocks.setdefault(message.topic, _Clock())
        acquired_ns = stamp_ns
        if stamp_ns == 0:
            clock.missing += 1
            acquired_ns = message.log_time_ns
            stamp_s = acquired_ns * 1e-9
        if self._origin_ns is None:
            self._origin_ns = acquired_ns
        return StampedImage(
            topic=message.topic,
            stamp_ns=stamp_ns,
            log_time_ns=message.log_time_ns,
            frame_id=msg.header.frame_id,
            stamp_s=stamp_s,
            time_s=clock.time_s(acquired_ns - self._origin_ns, message.log_time_ns),
            gray=gray,
            decode_bgr=functools.partial(bgr_from_msg, msg, self._max_pixels),
        )


class _Clock:
    """The time of one topic, which goes on where stamps jump back."""

    def __init__(self) -> None:
        self.missing = 0
        self._jumps_ns: list[tuple[int, int]] = []
        self._offset_ns = 0
        self._last_ns: int | None = None
        self._last_log_ns = 0

    def time_s(self, stamp_ns: int, log_time_ns: int) -> float:
        """Return the time of an image, from its stamp and that of its recording."""
        now_ns = stamp_ns + self._offset_ns
        if self._last_ns is not None and now_ns < self._last_ns:
            self._jumps_ns.append((self._last_ns, self._last_ns - now_ns))
            # What passed between the two recordings is the best that is known.
            resumed_ns = self._last_ns + max(log_time_ns - self._last_log_ns, 0)
            self._offset_ns += resumed_ns - now_ns
            now_ns = resumed_ns
        self._last_ns, self._last_log_ns = now_ns, log_time_ns
        return now_ns / 1e9

    def problems(self) -> Iterator[str]:
        if self.missing:
            yield f'{self.missing} images have no stamp; the time of their recording is used'
        if self._jumps_ns:
            after_ns, by_ns = self._jumps_ns[0]
            yield (
                f'stamps jump back {len(self._jumps_ns)} time(s), first by {by_ns * 1e-9:.3f} s '
                f'after {after_ns * 1e-9:.2f} s; all faces are forgotten there'
            )


def _deserialized(message: BagMessage) -> Any:
    """Return a message of rosbags; whatever is wrong with its bytes is an ``ImageError``."""
    try:
        return typestore().deserialize_cdr(message.payload(), message.msgtype)
    # The parser runs over the end, or into nonsense, in many ways.
    except Exception as error:
        raise ImageError(f'the message is damaged: {error or type(error).__name__}') from None


def _probe(reader: BagReader, topic: str, max_pixels: int) -> float:
    """Return the rate of a topic in images per second; its first whole image has to decode."""
    times_ns: list[int] = []
    failure: ImageError | None = None
    decoded = False
    for message in reader.messages([topic]):
        times_ns.append(message.log_time_ns)
        if not decoded:
            try:
                gray_from_msg(_deserialized(message), max_pixels)
                decoded = True
            except ImageError as error:
                failure = failure or error
        if len(times_ns) >= _RATE_FROM:
            break
    if not decoded and failure is not None:
        raise failure
    span_s = (times_ns[-1] - times_ns[0]) * 1e-9 if times_ns else 0.0
    low, high = _VIDEO_RATE_HZ
    return min(max((len(times_ns) - 1) / span_s, low), high) if span_s > 0 else low


IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')


def image_topics(reader: BagReader, named: Sequence[str] = ()) -> list[str]:
    """Return the topics whose images are replayed.

    Args:
        reader: Of the bag.
        named: Topics that are wanted; all that hold images when empty, but one of a raw topic and
            its compressed twin.

    Raises:
        BagError: A named topic is not there or holds no images; none is named and none is there.
    """
    there = ', '.join(f'{name} ({topic.msgtype})' for name, topic in sorted(reader.topics.items()))
    for name in named:
        if name not in reader.topics:
            raise BagError(f'bag {reader.path} has no topic {name}; there are: {there}')
        topic = reader.topics[name]
        if topic.msgtype not in IMAGE_TYPES:
            raise BagError(f'topic {name} of bag {reader.path} holds {topic.msgtype}, no images')
        if not topic.count:
            raise BagError(f'topic {name} of bag {reader.path} holds no message')
    if named:
        return list(dict.fromkeys(named))
    found = [
        name
        for name, topic in reader.topics.items()
        if topic.msgtype in IMAGE_TYPES and topic.count and not _has_raw_twin(name, reader)
    ]
    if not found:
        raise BagError(f'bag {reader.path} holds no images; its topics are: {there}')
    return sorted(found)


def _has_raw_twin(name: str, reader: BagReader) -> bool:
    """Return whether a compressed topic's images are also there as they were."""
    raw = reader.topics.get(name.removesuffix('/compressed'))
    return name.endswith('/compressed') and raw is not None and bool(raw.count)
