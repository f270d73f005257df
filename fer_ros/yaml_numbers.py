"""NumberLoader: reads YAML in which 1e-3 is a number, as in YAML 1.2 and for ROS."""

import re

import yaml

_EXPONENT = re.compile(r'[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$')


class NumberLoader(yaml.SafeLoader):
    """PyYAML follows YAML 1.1, where a number with an exponent needs both a point and a sign."""


NumberLoader.add_implicit_resolver('tag:yaml.org,2002:float', _EXPONENT, list('-+.0123456789'))
