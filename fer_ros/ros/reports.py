"""Reports: the node's status on /diagnostics, and its warning about missing images."""

import time
from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import Header

from fer_ros.ros.diagnostics import status_message
from fer_ros.ros.image_topic import ImageTopic
from fer_ros.ros.throttled_log import ThrottledLog


class Reports:
    """Publishes a status for the node and one for each image topic."""

    def __init__(self, node: Node, log: ThrottledLog) -> None:
        """Args:
        node: Node whose status is reported.
        log: Log for warnings.
        """
        self._node, self._log = node, log
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._last_s = time.monotonic()

    def publish(
        self, facts: dict[str, str], topics: Sequence[ImageTopic], silent_after_s: float
    ) -> None:
        """Publish the statuses for the time since the last report.

        Args:
            facts: Values of the node's status: ``state``, ``last_error`` (empty if there is
                none), and any others.
            topics: The image topics.
            silent_after_s: Seconds without images after which a subscribed topic is in WARN, and
                seconds with images but without answers after which it is in ERROR.
        """
        now_s = time.monotonic()
        period_s, self._last_s = now_s - self._last_s, now_s
        name = self._node.get_fully_qualified_name().lstrip('/')
        state, error = facts['state'], facts['last_error']
        level = DiagnosticStatus.ERROR if error else DiagnosticStatus.OK
        statuses = [status_message(level, name, error or state, facts)]
        for topic in topics:
            warning = (
                self._silence(topic, now_s, silent_after_s)
                or self._crowd(topic)
                or self._no_boxes(topic, silent_after_s)
            )
            error = _standstill(topic, now_s, silent_after_s)
            statuses.append(
                topic.statistics.report(
                    f'{name}: {topic.name}', topic.name, now_s, period_s, state, warning, error
                )
            )
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._publisher.publish(DiagnosticArray(header=header, status=statuses))

    def _silence(self, topic: ImageTopic, now_s: float, silent_after_s: float) -> str:
        """Warn if no images arrive; return a short warning or an empty text."""
        waited_s = topic.statistics.waited_s(now_s)
        if topic.subscription is None or waited_s < silent_after_s:
            return ''
        self._log.say(
            topic.name,
            f'no image for {waited_s:.0f} s with {topic.subscription.silence()}',
            about='no image',
        )
        return f'no image on {topic.name}'

    def _crowd(self, topic: ImageTopic) -> str:
        """Warn if several nodes publish a topic; return the warning or an empty text."""
        crowd = topic.subscription.crowd() if topic.subscription is not None else ''
        if not crowd:
            return ''
        self._log.say(topic.name, crowd, about='publishers')
        return f'{topic.name}: {crowd}'

    def _no_boxes(self, topic: ImageTopic, silent_after_s: float) -> str:
        """Warn if the detector of another node sends no faces; return the warning or ''."""
        silence = topic.boxes.silence(silent_after_s) if topic.boxes is not None else ''
        if not silence or topic.boxes is None:
            return ''
        self._log.say(topic.boxes.name, silence, about='no boxes')
        return f'{topic.boxes.name}: {silence}'


def _standstill(topic: ImageTopic, now_s: float, after_s: float) -> str:
    """Return an error if images arrive but none is answered, otherwise an empty text."""
    statistics = topic.statistics
    unanswered_s = statistics.unanswered_s(now_s)
    coming = topic.subscription is not None and statistics.waited_s(now_s) < after_s
    if not coming or unanswered_s < after_s:
        return ''
    cause = statistics.last_error or 'the first one is still being processed'
    return f'images arrive, but none was answered for {unanswered_s:.0f} s: {cause}'
