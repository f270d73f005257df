"""Declares the parameters of a node and reads them."""

import array
from collections.abc import Sequence
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from fer_ros.errors import SettingError
from fer_ros.parameters.spec import Spec


def descriptor(spec: Spec) -> ParameterDescriptor:
    """Return the descriptor, which ``ros2 param describe`` shows."""
    # Types are checked here, so that 1 will do for 1.0 and 0 for the webcam '0'.
    descriptor = ParameterDescriptor(description=spec.description, dynamic_typing=True)
    if spec.low is None or spec.high is None or spec.or_zero:
        descriptor.additional_constraints = spec.allowed()
    elif isinstance(spec.default, int):
        descriptor.integer_range = [
            IntegerRange(from_value=int(spec.low), to_value=int(spec.high), step=1)
        ]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(spec.low), to_value=float(spec.high))
        ]
    return descriptor


def declare(node: Node, specs: Sequence[Spec]) -> None:
    """Declare parameters on a node and refuse wrong values from then on.

    Values that were given at the start for parameters that the node does not have are ignored, and
    a warning names them.

    Raises:
        SettingError: A value that was given at the start is not allowed.
    """
    by_name = {spec.name: spec for spec in specs}

    def check(parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            # rclpy refuses names that are not declared, but not this one.
            if not parameter.name:
                return SetParametersResult(successful=False, reason='a parameter has no name')
            if parameter.name in by_name:
                try:
                    by_name[parameter.name].check(_plain(parameter.value))
                except SettingError as error:
                    return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)
    for spec in specs:
        try:
            node.declare_parameter(spec.name, spec.default, descriptor(spec))
        except InvalidParameterValueException as error:
            # rclpy puts a sentence of its own before the reason and the name behind it.
            reason = str(error).split('Reason: ')[-1].removesuffix(f': {spec.name}')
            raise SettingError(reason) from error
    unknown = sorted(name for name in _given(node) if not _is_of(node, name))
    if unknown:
        node.get_logger().warning(
            f'ignored, as {node.get_name()} has no such parameter: {", ".join(unknown)}'
        )


def _given(node: Node) -> list[str]:
    """Return the names of what the command line and parameter files set for a node."""
    with node.handle:
        return list(node.handle.get_parameters(Parameter))


def _is_of(node: Node, name: str) -> bool:
    # rclpy declares these, unlike its other ones, only with the publishers they are about.
    return node.has_parameter(name) or name.startswith('qos_overrides.')


def values(node: Node, specs: Sequence[Spec]) -> dict[str, Any]:
    """Return the present values by name, each of its default's type."""
    return {
        spec.name: type(spec.default)(_plain(node.get_parameter(spec.name).value))
        for spec in specs
    }


def _plain(value: Any) -> Any:
    """Return lists and arrays alike as lists."""
    return list(value) if isinstance(value, tuple | array.array) else value
