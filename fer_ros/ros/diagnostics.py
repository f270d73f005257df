"""The node's status on /diagnostics: rates, latency, drops, faces, last error."""

import statistics
import threading
import time
from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

# How long an error is shown as a warning.
ERROR_SHOWN_S = 5.0
_LATENCY_MAX_MS = 60_000.0
# Without an image for so long, a camera is taken to show no faces; longer if its images are rare.
_SILENT_S = 2.0
_SILENT_GAPS = 2.5
# Longer times between two images count as this long, so that faces do not stay for hours.
_GAP_MAX_S = 10.0


def silent_after_s(gap_s: float) -> float:
    """Return after how long without an image a camera is taken to show no faces, in seconds.

    Args:
        gap_s: Time between its last two images in seconds; 0 if there was only one.
    """
    return max(_SILENT_S, _SILENT_GAPS * min(gap_s, _GAP_MAX_S))


@dataclass
class TopicStatistics:
    """Counts of one image topic since ``since_s``; updated by several threads.

    Every image is in exactly one of these counts: ``published`` were answered with a message,
    ``lost`` never arrived, ``dropped`` were replaced by a newer image, ``late`` arrived after a
    newer one, ``failed`` could not be processed, and ``ignored`` arrived while the node was
    disabled or in excess of ``max_rate_hz``.
    """

    since_s: float = field(default_factory=time.monotonic)
    received: int = 0
    published: int = 0
    dropped: int = 0
    late: int = 0
    lost: int = 0
    failed: int = 0
    ignored: int = 0
    reported: tuple[int, int] = (0, 0)
    faces: int = 0
    last_published_s: float | None = None
    faces_until_s: float = float('-inf')
    latencies_ms: list[float] = field(default_factory=list)
    last_image_s: float | None = None
    unanswered_since_s: float | None = None
    last_error: str = ''
    last_error_s: float = float('-inf')
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on_received(self, now_s: float, awaited: bool = True) -> None:
        """Count an image that arrived.

        Args:
            now_s: Time of its arrival.
            awaited: Whether the image is to be answered.
        """
        with self._lock:
            self.received += 1
            self.last_image_s = now_s
            if not awaited:
                self.ignored += 1
                self.unanswered_since_s = None
            elif self.unanswered_since_s is None:
                self.unanswered_since_s = now_s

    def on_left_out(self, now_s: float) -> None:
        """Count an image that arrived and is ignored, as it exceeds ``max_rate_hz``."""
        with self._lock:
            self.received += 1
            self.ignored += 1
            self.last_image_s = now_s

    def on_dropped(self) -> None:
        """Count an image that was replaced by a newer one before it was processed."""
        with self._lock:
            self.dropped += 1

    def on_late(self) -> None:
        """Count an image that is skipped because one with a later stamp arrived before it."""
        with self._lock:
            self.late += 1

    def on_lost(self, change: int) -> None:
        """Count images that were published but did not reach the node.

        Args:
            change: The number as the middleware reports it: a signed 32-bit integer passed as an
                unsigned one, negative if images arrive out of order.
        """
        with self._lock:
            self.lost += change if 0 < change < 2**31 else 0

    def on_failed(self) -> None:
        """Count an image that could not be processed."""
        with self._lock:
            self.failed += 1

    def on_published(self, now_s: float, faces: int, latency_ms: float) -> None:
        """Count a published message.

        Args:
            now_s: Time of its publication.
            faces: Number of faces in it.
            latency_ms: Time since the stamp of its image.
        """
        with self._lock:
            self.published += 1
            self.faces = faces
            gap_s = 0.0 if self.last_published_s is None else now_s - self.last_published_s
            self.last_published_s = now_s
            self.faces_until_s = now_s + silent_after_s(gap_s)
            self.unanswered_since_s = None
            # Stamps of another clock, as in a replayed bag, say nothing about latency.
            if 0 <= latency_ms < _LATENCY_MAX_MS:
                self.latencies_ms.append(latency_ms)

    def on_error(self, error: str, now_s: float) -> None:
        """Record what was wrong with an image."""
        with self._lock:
            self.last_error, self.last_error_s = error, now_s

    def waited_s(self, now_s: float) -> float:
        """Return the time since the last image, or since ``since_s`` if none has arrived."""
        with self._lock:
            return now_s - (self.since_s if self.last_image_s is None else self.last_image_s)

    def unanswered_s(self, now_s: float) -> float:
        """Return for how long images have arrived without one being answered."""
        with self._lock:
            since_s = self.unanswered_since_s
            return 0.0 if since_s is None else now_s - since_s

    def report(
        self,
        name: str,
        topic: str,
        now_s: float,
        period_s: float,
        state: str,
        warning: str = '',
        error: str = '',
    ) -> DiagnosticStatus:
        """Return the status of the last ``period_s`` and start a new period.

        Args:
            name: Name of the status.
            topic: Name of the topic.
            now_s: Current time, on the clock that the other methods use.
            period_s: Time since the last report.
            state: State of the node, which is the message if nothing is wrong.
            warning: What is wrong with the topic; empty if nothing is.
            error: Why its images are not answered; empty if they are.
        """
        with self._lock:
            latencies = self.latencies_ms or [0.0]
            level, message = DiagnosticStatus.OK, state
            if error:
                level, message = DiagnosticStatus.ERROR, error
            elif now_s - self.last_error_s < ERROR_SHOWN_S:
                level, message = DiagnosticStatus.WARN, self.last_error
            elif warning:
                level, message = DiagnosticStatus.WARN, warning
            received = self.received - self.reported[0]
            published = self.published - self.reported[1]
            self.reported = self.received, self.published
            status = status_message(
                level,
                name,
                message,
                {
                    'topic': topic,
                    'input_rate_hz': f'{received / period_s:.1f}',
                    'output_rate_hz': f'{published / period_s:.1f}',
                    'latency_median_ms': f'{statistics.median(latencies):.1f}',
                    'latency_max_ms': f'{max(latencies):.1f}',
                    'received': str(self.received),
                    'published': str(self.published),
                    'dropped': str(self.dropped + self.lost),
                    'late': str(self.late),
                    'failed': str(self.failed),
                    'ignored': str(self.ignored),
                    'faces': str(self.faces if now_s < self.faces_until_s else 0),
                    'last_error': self.last_error,
                },
            )
            self.latencies_ms.clear()
        return status


def status_message(
    level: bytes, name: str, message: str, values: dict[str, str]
) -> DiagnosticStatus:
    """Return a ``DiagnosticStatus`` with these values by key."""
    return DiagnosticStatus(
        level=level,
        name=name,
        message=message,
        hardware_id='fer_ros',
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
