"""guarded_transition: a lifecycle transition that fails leaves the node in the state it was in."""

import functools
from collections.abc import Callable
from typing import Protocol, TypeVar

import rclpy
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn


class ToldOfFailures(Protocol):
    """A node that is told how its transitions end.

    Attributes:
        transition_error: Why the last transition failed; empty when it did not.
    """

    transition_error: str

    def transition_failed(self, name: str, error: Exception) -> None:
        """Report why a transition failed and undo its partial effects."""


AnyNode = TypeVar('AnyNode', bound=ToldOfFailures)
Transition = Callable[[AnyNode, LifecycleState], TransitionCallbackReturn]


def guarded_transition(transition: Transition[AnyNode]) -> Transition[AnyNode]:
    """Answer a failed transition with FAILURE, which leaves the node in the state it was in.

    rclpy takes an exception from a transition for an error and says nothing about it; here it is
    logged and told in the diagnostics, and what the transition had begun is undone.

    Args:
        transition: Method of the node, such as ``on_configure``.
    """

    @functools.wraps(transition)
    def guarded(node: AnyNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            result = transition(node, state)
        except Exception as error:
            if not rclpy.ok():
                # It is told to end, and has nothing any more to make things with.
                raise
            node.transition_failed(transition.__name__.removeprefix('on_'), error)
            return TransitionCallbackReturn.FAILURE
        node.transition_error = ''
        return result

    return guarded
