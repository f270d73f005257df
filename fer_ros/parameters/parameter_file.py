"""read_parameter_file: a node's parameters from a ROS parameter file, without ROS."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from fer_ros.errors import SettingError
from fer_ros.parameters.spec import Spec
from fer_ros.yaml_numbers import NumberLoader

# Parameters that rclpy itself declares.
_OF_EVERY_NODE = ('use_sim_time', 'start_type_description_service', 'qos_overrides')


def read_parameter_file(path: Path, node: str, specs: Sequence[Spec]) -> dict[str, Any]:
    """Return a node's parameters from a ROS parameter file; the others keep their defaults.

    Sections match as in rcl: a name without a leading slash is in the root namespace, namespaces
    may be nested or written out, ``/*`` matches one name, ``/**`` any number of names, and a later
    matching section overrides an earlier one.

    Args:
        path: YAML file such as ``config/fer.yaml``.
        node: Name of the node with its namespace, for example ``/fer_node``.
        specs: Parameters of that node.

    Raises:
        SettingError: The file does not exist or is not a parameter file, no section matches the
            node, a parameter of the node is unknown, or a value is not allowed.
    """
    chosen = {spec.name: spec.default for spec in specs}
    known = {*chosen, *_OF_EVERY_NODE}
    sections = _sections(path)
    if not any(_holds(section, node) for section, _ in sections):
        there = ', '.join(dict.fromkeys(section for section, _ in sections))
        raise SettingError(f'parameter file {path} has no section for {node}; there are {there}')
    for section, given in sections:
        if not _holds(section, node):
            continue
        # Parameters in a section for all nodes may belong to other nodes.
        unknown = sorted(set(given) - known) if not section.endswith('*') else []
        if unknown:
            raise SettingError(
                f'parameter file {path}: {section} has no parameter {unknown[0]!r}, expected '
                f'{", ".join(chosen)}'
            )
        for spec in specs:
            if spec.name in given:
                spec.check(given[spec.name])
                chosen[spec.name] = type(spec.default)(given[spec.name])
    return chosen


def _holds(section: str, node: str) -> bool:
    """Return whether a section applies to a node, by the rules of rcl."""
    return re.fullmatch(section.replace('/*', r'(/\w+)'), node) is not None


def _sections(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the sections of a parameter file in file order, with their full names."""
    try:
        loader = NumberLoader(path.read_text(encoding='utf-8'))
        root = loader.get_single_node()
        sections = list(_walk(loader, root, '')) if isinstance(root, yaml.MappingNode) else []
    except OSError as error:
        raise SettingError(f'parameter file {path} cannot be read: {error.strerror}') from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = ' '.join(str(error).split())
        raise SettingError(f'parameter file {path} is not valid YAML: {reason}') from None
    except RecursionError:
        raise SettingError(f'parameter file {path} is nested too deeply') from None
    except SettingError as error:
        raise SettingError(f'parameter file {path}: {error}') from None
    if not sections:
        raise SettingError(f'parameter file {path} has no section for any node')
    return sections


def _walk(
    loader: yaml.SafeLoader, mapping: yaml.MappingNode, name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sections within a namespace; a name that occurs twice is yielded twice."""
    for key, value in mapping.value:
        if key.value == 'ros__parameters' and name:
            given = loader.construct_object(value, deep=True)
            if not isinstance(given, dict):
                raise SettingError(f'{name} has no ros__parameters')
            yield name, given
            continue
        inner = f'{name}/{key.value.strip("/")}'
        if not re.fullmatch(r'(/(\w+|\*\*?))+', inner):
            raise SettingError(f'{key.value!r} is not a valid node name')
        if isinstance(value, yaml.MappingNode):
            yield from _walk(loader, value, inner)
        elif name:
            raise SettingError(f'{name} has no ros__parameters')
