"""Records as JSON files and back: the one place that defines the format of a report."""

import json
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

Record = TypeVar('Record')


def write_record(record: Any, path: Path) -> None:
    """Write a dataclass as a JSON file, its attributes as keys.

    Args:
        record: Dataclass whose attributes are numbers, strings, ``None``, ``dict``, ``tuple`` or
            such dataclasses.
        path: Path of the file.
    """
    path.write_text(json.dumps(asdict(record), indent=1), encoding='utf-8')


def read_record(kind: type[Record], path: Path) -> Record:
    """Read a file written by ``write_record``.

    Args:
        kind: Class of the record.
        path: Path of the file.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is not JSON, or contains another kind of record.
    """
    try:
        return cast(Record, _from_json(kind, json.loads(path.read_text(encoding='utf-8'))))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f'{path} is not a {kind.__name__}: {error!r}') from None


def _from_json(kind: Any, values: Any) -> Any:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind)]
        return cast(Any, kind)(**{name: _from_json(hints[name], values[name]) for name in names})
    if isinstance(kind, UnionType):
        # A union of a type and None.
        return None if values is None else _from_json(get_args(kind)[0], values)
    if get_origin(kind) is tuple:
        return tuple(_from_json(get_args(kind)[0], value) for value in values)
    if get_origin(kind) is dict:
        return {name: _from_json(get_args(kind)[1], value) for name, value in values.items()}
    return values
