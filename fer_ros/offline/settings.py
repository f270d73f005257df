"""RunSettings: the user's choices for a run over recordings."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fer_ros import __version__
from fer_ros.errors import SettingError
from fer_ros.offline.output_folder import PARTS
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.models import pipeline_identity
from fer_ros.parameters.parameter_file import read_parameter_file


def chosen_parameters(
    params: Path | None = None,
    chosen: Mapping[str, Any] | None = None,
    node: str = '/fer_node',
) -> dict[str, Any]:
    """Return the values of the node's parameters.

    Args:
        params: Parameter file of the node; ``None`` for the defaults.
        chosen: Values by name that override those of the file.
        node: Name of the node in the file, with its namespace.

    Raises:
        SettingError: The parameter file is missing, or a value is not allowed.
    """
    values = {spec.name: spec.default for spec in FER_NODE}
    if params is not None:
        values = read_parameter_file(params, node, FER_NODE)
    for spec in FER_NODE:
        if chosen and spec.name in chosen:
            spec.check(chosen[spec.name])
            values[spec.name] = chosen[spec.name]
    return values


@dataclass(frozen=True)
class RunSettings:
    """Settings of a run; the same for each of its recordings.

    Attributes:
        topics: Image topics; if empty, all topics with images.
        labels: CSV file of label intervals, or ``None``.
        label_topic: Topic with labels; empty for none.
        parameters: Values of the node's parameters, as ``chosen_parameters`` returns them.
        parts: Which of ``PARTS`` are written.
        foxglove: Whether the bag of estimates also contains the images, with face boxes.
        progress: Whether a bar shows the progress.
    """

    topics: tuple[str, ...] = ()
    labels: Path | None = None
    label_topic: str = ''
    parameters: dict[str, Any] = field(default_factory=chosen_parameters)
    parts: tuple[str, ...] = tuple(PARTS)
    foxglove: bool = False
    progress: bool = True

    def __post_init__(self) -> None:
        if self.labels is not None and self.label_topic:
            raise SettingError('labels can come from a file or from a topic, not from both')
        if self.foxglove and 'bag' not in self.parts:
            raise SettingError('images for Foxglove are part of the bag, which is switched off')
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            raise SettingError(f'part {unknown[0]!r} is unknown, expected {", ".join(PARTS)}')

    def fingerprint(self, source: Path) -> str:
        """Return a text that differs between runs whose results may differ.

        Labels and models are identified by the content of their files, the package by its version.

        Args:
            source: The bag, identified by the names, sizes and times of its files.

        Raises:
            ModelFileError: A model or the detector is missing.
        """
        files = sorted(source.iterdir()) if source.is_dir() else [source]
        states = [
            (file.name, (state := file.stat()).st_size, state.st_mtime_ns)
            for file in files
            if file.is_file()
        ]
        choice = asdict(self)
        del choice['progress'], choice['parts']
        choice |= {'parameters': pipeline_identity(self.parameters), 'version': __version__}
        if self.labels is not None and self.labels.is_file():
            choice['labels'] = self.labels.read_text(encoding='utf-8', errors='replace')
        content = json.dumps([states, choice], default=str, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]
