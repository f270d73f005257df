"""ImageTransport: how cameras send images, in the terms of the package image_transport."""

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
    return f'{base_topic(topic).rpartition("/")[0]}/{name}'
