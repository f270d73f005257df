"""GuardedNode: a lifecycle node that survives exceptions in its callbacks."""

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.timer import Timer

from fer_ros.ros.diagnostics import ERROR_SHOWN_S
from fer_ros.ros.throttled_log import ThrottledLog

Answer = TypeVar('Answer')


class GuardedNode(LifecycleNode):
    """Logs and counts exceptions of callbacks and keeps running; service callers get an answer.

    In rclpy, such an exception ends the executor, and with it the process, and the caller of a
    service waits forever. rclpy itself raises at a request for a transition that does not exist,
    or for a parameter of an unknown type.

    Attributes:
        log: Throttled log for messages that may repeat.
        callback_errors: Number of callbacks that have raised.
    """

    def __init__(self, name: str, **kwargs: Any) -> None:
        """Args:
        name: Name of the node.
        **kwargs: Passed to ``LifecycleNode``.
        """
        self.callback_errors = 0
        self._callback_error, self._callback_error_s = '', float('-inf')
        self._guards_services = False
        super().__init__(name, **kwargs)
        self.log = ThrottledLog(self.get_logger())
        # The services that rclpy has created, for parameters and transitions.
        for service in self.services:
            service.callback = self._answering(service.srv_name, service.callback, of_rclpy=True)
        self._guards_services = True

    def recent_error(self) -> str:
        """Return the last exception of a callback; empty if it is some seconds old."""
        shown = time.monotonic() - self._callback_error_s < ERROR_SHOWN_S
        return self._callback_error if shown else ''

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[..., None], *args: Any, **kwargs: Any
    ) -> Subscription:
        """Subscribe, as in rclpy."""
        name = self.resolve_topic_name(topic)
        guarded = self._guarded(f'callback of {name}', callback)
        return super().create_subscription(msg_type, topic, guarded, *args, **kwargs)

    def create_timer(
        self, timer_period_sec: float, callback: Callable[[], None], *args: Any, **kwargs: Any
    ) -> Timer:
        """Create a timer, as in rclpy."""
        name = getattr(callback, '__name__', 'callback').strip('_')
        guarded = self._guarded(f'timer {name}', callback)
        return super().create_timer(timer_period_sec, guarded, *args, **kwargs)

    def create_service(
        self, srv_type: Any, srv_name: str, callback: Callable[..., Any], **kwargs: Any
    ) -> Service:
        """Create a service, as in rclpy."""
        if self._guards_services:
            callback = self._answering(srv_name, callback)
        return super().create_service(srv_type, srv_name, callback, **kwargs)

    def add_on_set_parameters_callback(
        self, callback: Callable[[list[Parameter]], SetParametersResult]
    ) -> None:
        """Validate new values with a callback, as in rclpy; an exception refuses them."""

        def guarded(parameters: list[Parameter]) -> SetParametersResult:
            try:
                return callback(parameters)
            except Exception as error:
                sentence = self._on_error('check of parameters', error)
                return SetParametersResult(successful=False, reason=sentence)

        super().add_on_set_parameters_callback(guarded)

    def add_post_set_parameters_callback(
        self, callback: Callable[[list[Parameter]], None]
    ) -> None:
        """Call back with new values, as in rclpy."""
        super().add_post_set_parameters_callback(self._guarded('change of parameters', callback))

    def _guarded(self, name: str, callback: Callable[..., None]) -> Callable[..., None]:
        # wraps keeps the signature, from which rclpy reads what the callback accepts.
        @functools.wraps(callback)
        def guarded(*args: Any) -> None:
            try:
                callback(*args)
            except Exception as error:
                self._on_error(name, error)

        return guarded

    def _answering(
        self, name: str, callback: Callable[[Any, Answer], Answer], of_rclpy: bool = False
    ) -> Callable[[Any, Answer], Answer]:
        @functools.wraps(callback)
        def answering(request: Any, response: Answer) -> Answer:
            try:
                return callback(request, response)
            except Exception as error:
                # A request that rclpy cannot handle is the caller's mistake, not the node's.
                sentence = self._on_error(f'service {name}', error, trace=not of_rclpy)
                return _refuse(request, response, sentence)

        return answering

    def _on_error(self, name: str, error: Exception, trace: bool = True) -> str:
        """Log and count an exception of a callback; return it as a sentence."""
        reason = ' '.join(str(error).split())
        sentence = f'{name}: {type(error).__name__}: {reason}'
        # After shutdown, the log can no longer be published.
        if self.context.ok():
            self.log.say(self.get_name(), sentence, error if trace else None, about=name)
            if trace:
                self.callback_errors += 1
                self._callback_error, self._callback_error_s = sentence, time.monotonic()
        return sentence


def _refuse(request: Any, response: Answer, reason: str) -> Answer:
    """Return the answer to a request that failed, with the reason if it has a field for one."""
    answer: Any = response
    refusal = SetParametersResult(successful=False, reason=reason)
    if hasattr(answer, 'results'):
        # Parameters before the one that failed already have their results.
        answer.results.extend([refusal] * (len(request.parameters) - len(answer.results)))
    elif isinstance(getattr(answer, 'result', None), SetParametersResult):
        answer.result = refusal
    elif hasattr(answer, 'message'):
        answer.success, answer.message = False, reason
    return response
