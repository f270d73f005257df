"""Spec: a parameter's name, default, description and allowed values."""

from dataclasses import dataclass
from typing import Any

from fer_ros.errors import SettingError


@dataclass(frozen=True)
class Spec:
    """One parameter.

    Attributes:
        name: Name of the parameter.
        default: Default value; the parameter has its type.
        description: Sentences that explain the parameter, with its unit.
        low: Smallest allowed number.
        high: Largest allowed number.
        or_zero: Whether 0 is allowed although it is below ``low``.
        choices: Allowed values, also of the items of a list; empty if any value is allowed.
        live: Whether the parameter can be changed while the node runs.
        required: Whether an empty string or list is refused.
    """

    name: str
    default: Any
    description: str
    low: float | None = None
    high: float | None = None
    or_zero: bool = False
    choices: tuple[Any, ...] = ()
    live: bool = False
    required: bool = False

    def allowed(self) -> str:
        """Return the allowed values in words."""
        if self.choices:
            return ', '.join(str(choice) for choice in self.choices)
        if self.low is not None:
            return f'{"0 or " if self.or_zero else ""}{self.low} to {self.high}'
        if isinstance(self.default, bool):
            return 'true, false'
        return 'not empty' if self.required else 'any'

    def check(self, value: Any) -> None:
        """Raise a ``SettingError`` that names the parameter, the value and the allowed values."""
        if not self._has_type(value):
            kind = _TYPE_NAMES[type(self.default)]
            raise SettingError(f'parameter {self.name} is {value!r}, expected {kind}')
        given = value if isinstance(value, list) else [value]
        bad = bool(self.choices) and not set(given) <= set(self.choices)
        if self.low is not None and self.high is not None:
            # Written so that NaN, which compares as false, is refused.
            bad = not self.low <= value <= self.high and not (self.or_zero and value == 0)
        if self.required and (value in ('', []) or (isinstance(value, list) and '' in value)):
            bad = True
        if bad:
            raise SettingError(f'parameter {self.name} is {value!r}, expected {self.allowed()}')

    def _has_type(self, value: Any) -> bool:
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(self.default, bool) and isinstance(value, bool)
        if isinstance(self.default, list):
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        if isinstance(self.default, float):
            return isinstance(value, int | float)
        return isinstance(value, (int, type(self.default)))


_TYPE_NAMES = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a number',
    str: 'a text',
    list: 'a list of texts',
}
