"""A stand-in for a node that records its calls, for messages that are not installed."""

import sys
from types import SimpleNamespace

import pytest
from message_types import types_of
from rclpy.clock import Clock


class StandInPublisher:
    """Records the messages that it is given.

    Attributes:
        topic_name: Its topic.
        sent: All messages.
        subscriptions: The number of subscriptions that it reports.
    """

    def __init__(self, topic_name):
        self.topic_name, self.sent, self.subscriptions = topic_name, [], 1

    def publish(self, msg):
        self.sent.append(msg)

    def get_subscription_count(self):
        return self.subscriptions


class StandInNode:
    """Keeps its publishers and those that were destroyed.

    Attributes:
        publishers: Those that exist, by topic.
        destroyed: Those that were destroyed.
        others: Names of other nodes, each of which publishes every topic.
        log: Warnings and errors.
    """

    def __init__(self):
        self.publishers, self.destroyed, self.others, self.log = {}, [], [], []
        self.context = SimpleNamespace(ok=lambda: True)
        self._triggered, self._on_trigger, self._on_timer = False, None, None

    def create_publisher(self, kind, topic, depth):
        assert topic not in self.publishers
        self.publishers[topic] = StandInPublisher(topic)
        return self.publishers[topic]

    def destroy_publisher(self, publisher):
        self.destroyed.append(self.publishers.pop(publisher.topic_name))

    def create_guard_condition(self, callback):
        self._on_trigger = callback
        return SimpleNamespace(trigger=self._trigger)

    def destroy_guard_condition(self, guard):
        self._on_trigger = None

    def create_timer(self, period_s, callback, clock):
        self._on_timer = callback
        return callback

    def destroy_timer(self, timer):
        self._on_timer = None

    def get_publishers_info_by_topic(self, topic):
        names = ['fer_node', *self.others]
        return [SimpleNamespace(node_name=name, node_namespace='/') for name in names]

    def get_clock(self):
        return Clock()

    def warning(self, text):
        self.log.append(text)

    error = warning

    def spin(self):
        """Call the triggered callbacks, as the executor would."""
        if self._triggered and self._on_trigger is not None:
            self._triggered = False
            self._on_trigger()

    def tick(self):
        """Call the timers, as the executor would after a second."""
        self._on_timer()

    def _trigger(self):
        self._triggered = True


@pytest.fixture
def stand_in(monkeypatch):
    """A stand-in node, with hri_msgs, vision_msgs and tf2_msgs as if installed."""
    for package in ('hri_msgs', 'vision_msgs', 'tf2_msgs'):
        monkeypatch.setitem(sys.modules, package, SimpleNamespace())
        monkeypatch.setitem(sys.modules, f'{package}.msg', types_of(package))
    return StandInNode()
