"""Which topics of a bag hold the images that are replayed."""

from collections.abc import Sequence

from fer_ros.errors import BagError
from fer_ros.replay.bag_reader import BagReader

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
