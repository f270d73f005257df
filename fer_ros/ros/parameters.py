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
    """Return the descriptor that ``ros2 param describe`` shows."""
    # Types are checked by Spec, which accepts 1 for 1.0 and 0 for the webcam '0'.
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
    """Declare parameters on a node and refuse invalid values from then on.

    Initial values of parameters that the node does not have are ignored, with a warning that names
    them.

    Args:
        node: Node that gets the parameters.
        specs: Specifications of the parameters.

    Raises:
        SettingError: An initial value is not allowed.
    """
    by_name = {spec.name: spec for spec in specs}

    def check(parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            # rclpy refuses undeclared names, but not an empty one.
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
            # rclpy adds its own sentence before the reason and the name after it.
            reason = str(error).split('Reason: ')[-1].removesuffix(f': {spec.name}')
            raise SettingError(reason) from error
    unknown = sorted(name for name in _given(node) if not _is_of(node, name))
    if unknown:
        node.get_logger().warning(
            f'ignored, as {node.get_name()} has no such parameter: {", ".join(unknown)}'
        )


def _given(node: Node) -> list[str]:
    """Return the names of parameters that the command line and parameter files set for a node."""
    with node.handle:
        return list(node.handle.get_parameters(Parameter))


def _is_of(node: Node, name: str) -> bool:
    # rclpy declares these later than its other parameters, with the publishers they concern.
    return node.has_parameter(name) or name.startswith('qos_overrides.')


def values(node: Node, specs: Sequence[Spec]) -> dict[str, Any]:
    """Return the current values by name, each with the type of its default."""
    return {
        spec.name: type(spec.default)(_plain(node.get_parameter(spec.name).value))
        for spec in specs
    }


def _plain(value: Any) -> Any:
    """Return tuples and arrays as lists, and anything else unchanged."""
    return list(value) if isinstance(value, tuple | array.array) else value
