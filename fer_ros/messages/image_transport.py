"""ImageTransport: how cameras send images, in the terms of the package image_transport."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ImageTransport:
    """A way in which images are sent.

    Attributes:
        name: Value of the parameter ``image_transport``.
        message_type: Type of its messages, in full.
        suffix: End of its topics' names, after the name of the topic of raw images.
    """

    name: str
    message_type: str
    suffix: str


RAW = ImageTransport('raw', 'sensor_msgs/msg/Image', '')
# JPEG or PNG.
COMPRESSED = ImageTransport('compressed', 'sensor_msgs/msg/CompressedImage', '/compressed')
IMAGE_TRANSPORTS = {transport.name: transport for transport in (RAW, COMPRESSED)}


def transport_of(topic: str) -> ImageTransport:
    """Return the transport of an image topic, by its name."""
    fitting = [one for one in IMAGE_TRANSPORTS.values() if topic.endswith(one.suffix)]
    return max(fitting, key=lambda one: len(one.suffix))


def base_topic(topic: str) -> str:
    """Return the name of an image topic without the suffix of its transport.

    >>> base_topic('/camera/image_raw/compressed')
    '/camera/image_raw'
    """
    return topic.removesuffix(transport_of(topic).suffix)


def sibling_topic(topic: str, name: str) -> str:
    """Return the name of a topic next to an image topic.

    >>> sibling_topic('/camera/image_raw/compressed', 'camera_info')
    '/camera/camera_info'
    """
    folder, slash, _ = base_topic(topic).rpartition('/')
    return f'{folder}{slash}{name}'


def annotated_topics(topics: Sequence[str]) -> list[str]:
    """Return the topic of the annotated images for each image topic.

    ``/camera/image_raw`` becomes ``/camera/image_annotated``; if two cameras would share a name,
    the last part of theirs is kept: ``/left_annotated`` and ``/right_annotated``.
    """
    names = [_annotated_names(topic) for topic in topics]
    # Nothing is published on a topic of images.
    taken = [*map(base_topic, topics), *(sibling for sibling, _ in names)]
    return [own if taken.count(sibling) > 1 else sibling for sibling, own in names]


def is_annotated(topic: str, image_topic: str) -> bool:
    """Return whether a topic has the annotated images of an image topic, by its name."""
    base = base_topic(topic)
    return base != base_topic(image_topic) and base in _annotated_names(image_topic)


def _annotated_names(topic: str) -> tuple[str, str]:
    return sibling_topic(topic, 'image_annotated'), f'{base_topic(topic)}_annotated'
