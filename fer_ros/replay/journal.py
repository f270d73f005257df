"""Journal: what a replay has estimated so far, so that one that was interrupted can go on."""

import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fer_ros.atomic_file import atomic_file
from fer_ros.structures import FrameEmotions

_SUFFIX = '.pickle'


class Journal:
    """A folder with a file for every few hundred images, and what pipelines remembered then.

    It is private to one replay: written and read by the same program, and removed with its end.

    Attributes:
        count: Images whose estimates are there from an interrupted run.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Open the journal of a replay, or begin one.

        Args:
            folder: Made if missing; one of other settings is begun anew.
            key: Stands for everything that estimates depend on.
        """
        self._folder = folder
        mark = folder / 'key'
        if not mark.is_file() or mark.read_text() != key:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            mark.write_text(key)
        self._files = sorted(folder.glob(f'[0-9]*{_SUFFIX}'))
        self.count = int(self._files[-1].stem) if self._files else 0
        self._total = self.count
        self._frames: list[FrameEmotions] = []

    def restored(self) -> Iterator[FrameEmotions]:
        """Yield the ``count`` estimates from before, in order."""
        for file in self._files:
            yield from pickle.loads(file.read_bytes())['frames']

    def memories(self) -> dict[str, Any]:
        """Return what each topic's pipeline remembered after the last of them."""
        if not self._files:
            return {}
        memories: dict[str, Any] = pickle.loads(self._files[-1].read_bytes())['memories']
        return memories

    def append(self, frame: FrameEmotions) -> None:
        """Note an estimate, which is kept with the next ``save``."""
        self._frames.append(frame)

    def save(self, memories: dict[str, Any]) -> None:
        """Keep what was noted, with what the pipelines remember after it."""
        self._total += len(self._frames)
        content = pickle.dumps({'frames': self._frames, 'memories': memories})
        with atomic_file(self._folder / f'{self._total:09d}{_SUFFIX}') as aside:
            aside.write_bytes(content)
        self._frames = []

    def remove(self) -> None:
        """Remove the folder: the replay has come to its end."""
        shutil.rmtree(self._folder, ignore_errors=True)
