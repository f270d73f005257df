"""guarded_transition: a failed lifecycle transition leaves the node in its previous state."""

import functools
from collections.abc import Callable
from typing import Protocol, TypeVar

import rclpy
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn


class ToldOfFailures(Protocol):
    """A node that is notified of the outcome of its transitions.

    Attributes:
        transition_error: Why the last transition failed; empty if it did not.
    """

    transition_error: str

    def transition_failed(self, name: str, error: Exception) -> None:
        """Report why a transition failed and undo its partial effects."""


AnyNode = TypeVar('AnyNode', bound=ToldOfFailures)
Transition = Callable[[AnyNode, LifecycleState], TransitionCallbackReturn]


def guarded_transition(transition: Transition[AnyNode]) -> Transition[AnyNode]:
    """Answer a failed transition with FAILURE, which leaves the node in its previous state.

    rclpy turns an exception in a transition into ERROR without reporting it. Here it is logged and
    shown in the diagnostics, and the effects of the transition are undone.

    Args:
        transition: Method of the node, such as ``on_configure``.
    """

    @functools.wraps(transition)
    def guarded(node: AnyNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            result = transition(node, state)
        except Exception as error:
            if not rclpy.ok():
                # ROS has been shut down meanwhile, so that nothing can be created.
                raise
            node.transition_failed(transition.__name__.removeprefix('on_'), error)
            return TransitionCallbackReturn.FAILURE
        node.transition_error = ''
        return result

    return guarded
