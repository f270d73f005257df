"""ThrottledLog: repeats a message about a topic at most every few seconds."""

import re
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from fer_ros.errors import FerError

_SAME_SENTENCE_AFTER_S = 5.0
_NUMBER = re.compile(r'\d+')


class ThrottledLog:
    """Logs messages about topics; may be used by several threads."""

    def __init__(self, logger: Any, clock: Callable[[], float] = time.monotonic) -> None:
        """Args:
        logger: Logger of the node.
        clock: Returns the time in seconds.
        """
        self._logger, self._clock = logger, clock
        self._said: dict[str, float] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget earlier messages."""
        with self._lock:
            self._said.clear()

    def say(self, topic: str, text: str, error: Exception | None = None, about: str = '') -> None:
        """Log a warning, or an error, unless the same was logged within the last few seconds.

        Args:
            topic: Name of the topic or node that the message is about.
            text: The message. Messages that differ only in numbers are the same.
            error: Exception, logged as by ``error``; None for a warning.
            about: Key under which messages are the same; by default their first words.
        """
        key = f'{topic} {about or _NUMBER.sub("#", text)[:24]}'
        now_s = self._clock()
        with self._lock:
            if now_s - self._said.get(key, float('-inf')) < _SAME_SENTENCE_AFTER_S:
                return
            self._said[key] = now_s
        if error is None:
            self._logger.warning(f'{topic}: {text}')
        else:
            self.error(f'{topic}: {text}', error)

    def error(self, text: str, error: Exception) -> None:
        """Log an error, always; any exception other than a ``FerError`` with its traceback."""
        if not isinstance(error, FerError):
            text += '\n' + ''.join(traceback.format_exception(error))
        self._logger.error(text)
