"""Sources: the checkpoints that a training starts from and learns from, each read once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fer_ros.data.cache import cache_key
from fer_ros.errors import ModelFileError
from fer_ros.network.backbone_file import backbone_file
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint
from fer_ros.training.config import TrainConfig


@dataclass(frozen=True, eq=False)
class Source:
    """A checkpoint and the file that it was read from."""

    path: Path
    checkpoint: Checkpoint


@dataclass(frozen=True, eq=False)
class Sources:
    """All checkpoints of a training.

    Attributes:
        init: Checkpoint whose weights the training starts from, if any.
        teachers: Checkpoints whose answers are mixed into the targets.
        digest: Digest of the content of all files.
    """

    init: Source | None = None
    teachers: tuple[Source, ...] = ()
    digest: str = ''

    def __iter__(self) -> Iterator[Source]:
        if self.init is not None:
            yield self.init
        yield from self.teachers


def load_sources(config: TrainConfig) -> Sources:
    """Read the checkpoints that a configuration names, each file once.

    Raises:
        ModelFileError: A checkpoint is missing or damaged.
    """
    paths = config.sources
    if backbone_file() in paths and not backbone_file().is_file():
        raise ModelFileError(
            f'checkpoint {backbone_file()} does not exist: download it with "fer-ros get-backbone"'
        )
    known = {path: Source(path, load_checkpoint(path)) for path in dict.fromkeys(paths)}
    every = [known[path] for path in paths]
    digest = cache_key('checkpoints', *(path.read_bytes() for path in paths))
    return Sources(
        every[0] if config.init else None, tuple(every[1:] if config.init else every), digest
    )
