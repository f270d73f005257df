"""load_yaml: reads YAML in which 1e-3 is a number, as in YAML 1.2 and for ROS."""

import re
from typing import Any

import yaml

_EXPONENT = re.compile(r'[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$')


class NumberLoader(yaml.SafeLoader):
    """PyYAML follows YAML 1.1, where a number with an exponent needs both a point and a sign."""


NumberLoader.add_implicit_resolver('tag:yaml.org,2002:float', _EXPONENT, list('-+.0123456789'))


def load_yaml(text: str) -> Any:
    """Return the content of a YAML document; like ``yaml.safe_load``, it makes plain values only.

    Raises:
        yaml.YAMLError: The text is not YAML.
        RecursionError: It is nested too deeply.
    """
    return NumberLoader(text).get_single_data()
