"""ImageSubscription: an image topic, received with the reliability that its publishers offer."""

from collections.abc import Callable
from typing import Any

from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from fer_ros.messages.image_transport import transport_of
from fer_ros.ros.message_class import message_class

OnImage = Callable[[Image | CompressedImage], None]


class ImageSubscription:
    """Receives the images of a topic; resubscribes when publishers offer another reliability.

    A best-effort subscription matches every publisher, but an image is sent in many fragments and
    lost with any one of them; a reliable subscription matches only reliable publishers.

    Attributes:
        topic: Name of the topic, before it is remapped.
    """

    def __init__(
        self,
        node: Node,
        topic: str,
        reliability: str,
        on_image: OnImage,
        on_lost: Callable[[int], None],
    ) -> None:
        """Subscribe.

        Args:
            node: Node that owns the subscription.
            topic: Its name, before it is remapped, which decides the transport; see
                ``transport_of``.
            reliability: ``best_effort``, ``reliable``, or ``auto`` for what all publishers offer.
            on_image: Called with every image.
            on_lost: Called with the number of images that were published but not received: lost
                in transport, or replaced by newer ones before the node had time for them.
        """
        self.topic = topic
        # Counting publishers is the one question that remaps no name.
        self._full_name = node.resolve_topic_name(topic)
        transport = transport_of(topic)
        package, _, name = transport.message_type.split('/')
        self._message = message_class(package, name, f'image_transport: {transport.name}')
        self._node = node
        self._reliability = reliability
        self._on_image = on_image
        self._on_lost = on_lost
        self._number: int | None = None
        self._numbered = False
        self._reliable = self._wanted()
        self._subscription: Subscription | None = self._subscribe()

    def match(self) -> None:
        """Resubscribe if publishers have changed and another reliability suits them."""
        wanted = self._wanted()
        # Without publishers, keep the last reliability: the same ones may come back.
        if self._subscription is None or wanted == self._reliable or not self._offers():
            return
        self._node.destroy_subscription(self._subscription)
        self._reliable = wanted
        self._subscription = self._subscribe()

    def close(self) -> None:
        """Unsubscribe."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def silence(self) -> str:
        """Return the reliability of the subscription and why no images may arrive."""
        offers = self._offers()
        if not offers:
            cause = 'the topic has no publisher'
        elif self._reliable and 'reliable' not in offers:
            cause = 'its publisher offers best_effort: set image_reliability to auto'
        else:
            cause = f'{len(offers)} publisher(s) offer {", ".join(sorted(set(offers)))}'
        asked = 'reliable' if self._reliable else 'best_effort'
        return f'reliability {asked}, depth 1; {cause}'

    def crowd(self) -> str:
        """Return a warning if several nodes publish the topic, otherwise an empty text."""
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        if len(publishers) < 2:
            return ''
        names = sorted(
            f'{entry.node_namespace.rstrip("/")}/{entry.node_name}' for entry in publishers
        )
        return (
            f'{len(names)} nodes publish this topic ({", ".join(names)}), and their images are '
            'taken for those of one camera: stop all but one, or give each its own topic'
        )

    def _wanted(self) -> bool:
        """Return whether to ask for reliable delivery."""
        if self._reliability == 'auto':
            return set(self._offers()) == {'reliable'}
        return self._reliability == 'reliable'

    def _offers(self) -> list[str]:
        """Return the reliability that each publisher offers."""
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        return [str(entry.qos_profile.reliability.name).lower() for entry in publishers]

    def _subscribe(self) -> Subscription:
        policy = ReliabilityPolicy.RELIABLE if self._reliable else ReliabilityPolicy.BEST_EFFORT
        self._number = None
        return self._node.create_subscription(
            self._message,
            self.topic,
            self._take,
            QoSProfile(depth=1, reliability=policy),
            event_callbacks=SubscriptionEventCallbacks(
                message_lost=lambda info: self._on_event(info.total_count_change)
            ),
        )

    def _take(self, msg: Image | CompressedImage, info: dict[str, Any]) -> None:
        # Sequence numbers show every lost message, events only those lost in transport; events
        # count only where the middleware does not number its messages.
        number, last = info.get('publication_sequence_number'), self._number
        # Each publisher has its own sequence, and an image does not say which one sent it.
        alone = self._node.count_publishers(self._full_name) == 1
        self._number, self._numbered = number if alone else None, number is not None
        missing = number - last - 1 if alone and number is not None and last is not None else 0
        if missing > 0:
            self._on_lost(missing)
        self._on_image(msg)

    def _on_event(self, lost: int) -> None:
        if not self._numbered:
            self._on_lost(lost)
