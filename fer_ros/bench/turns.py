"""Compared sides take turns on the same images, so that changes in the machine's speed affect all
alike.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from fer_ros.bench.ratio import Ratio, speed_ratio
from fer_ros.progress import ProgressBar
from fer_ros.structures import ImageArray

# Number of images that a side gets at a time: two seconds of them.
CHUNK_IMAGES = 60
# Number of images of the first chunk on which a side warms up.
WARM_UP_IMAGES = 10
# Rest before each turn, in which background work of the last side finishes.
REST_S = 0.05


@dataclass(frozen=True, eq=False)
class Chunk:
    """Successive images.

    Attributes:
        images: ``(H, W, 3)`` uint8 BGR.
        stamps_s: Their stamps in seconds.
        first: Whether the chunk starts a recording, so that earlier images are forgotten.
    """

    images: Sequence[ImageArray]
    stamps_s: Sequence[float]
    first: bool


@dataclass(frozen=True, eq=False)
class Turn:
    """Results of a side on a chunk.

    Attributes:
        results: Result for each image.
        found: Number of images in which it found a face.
        elapsed_s: Seconds from the first image to the end of all work on the last one.
        times_s: Seconds for each image, if each is finished before the next one starts.
        stages_s: Seconds by stage for each image, if the side measures them.
    """

    results: list[Any]
    found: int
    elapsed_s: float
    times_s: list[float] = field(default_factory=list)
    stages_s: list[dict[str, float]] = field(default_factory=list)


class Side(Protocol):
    """One of the compared sides."""

    name: str

    def reset(self) -> None:
        """Forget earlier images."""
        ...

    def run(self, chunk: Chunk) -> Turn:
        """Process a chunk."""
        ...


class Subject(Protocol):
    """An object that processes one image after the other."""

    @property
    def stage_s(self) -> Mapping[str, float]:
        """Seconds that each stage took for the last image."""
        ...

    def process(self, image: ImageArray, stamp_s: float) -> Any:
        """Return the faces found in an image."""
        ...

    def reset(self) -> None:
        """Forget earlier images."""
        ...


class OneByOne:
    """A side that finishes an image before it takes the next one, as with a live camera."""

    def __init__(
        self,
        name: str,
        subject: Subject,
        num_faces: Callable[[Any], int] = len,
        settle: Callable[[], object] = lambda: None,
        during: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Args:
        name: Name in the tables.
        subject: Object that processes the images.
        num_faces: Returns the number of faces in a result of the subject.
        settle: Waits until all its work is finished, including in the background; otherwise the
            next side would be slowed down by it.
        during: Context that is entered for each turn.
        """
        self.name = name
        self._subject = subject
        self._num_faces = num_faces
        self._settle = settle
        self._during = during

    def reset(self) -> None:
        """Forget earlier images."""
        self._subject.reset()

    def run(self, chunk: Chunk) -> Turn:
        """Process a chunk."""
        results, times_s, stages_s = [], [], []
        with self._during():
            start_s = time.perf_counter()
            for image, stamp_s in zip(chunk.images, chunk.stamps_s, strict=True):
                begin_s = time.perf_counter()
                results.append(self._subject.process(image, stamp_s))
                times_s.append(time.perf_counter() - begin_s)
                stages_s.append(dict(self._subject.stage_s))
            self._settle()
            elapsed_s = time.perf_counter() - start_s
        found = sum(self._num_faces(result) > 0 for result in results)
        return Turn(results, found, elapsed_s, times_s, stages_s)


def take_turns(
    sides: Sequence[Side], chunks: Sequence[Chunk], rounds: int, rest_s: float = REST_S
) -> dict[str, list[list[Turn]]]:
    """Return the turns of each side by name and round; a bar on stderr shows progress.

    Args:
        sides: Sides to compare; each gets the first chunk, then each the second, and so on.
        chunks: Images; each side warms up on the start of the first chunk.
        rounds: Number of passes through all chunks.
        rest_s: Rest before each turn in seconds.
    """
    taken: dict[str, list[list[Turn]]] = {side.name: [[] for _ in range(rounds)] for side in sides}
    with ProgressBar(
        total=(rounds * len(chunks) + 1) * len(sides), unit='turn', leave=False
    ) as bar:
        for side in sides:
            bar.set_description(f'{side.name} warms up')
            warm_up(side, chunks[0])
            bar.update()
        for round_index in range(rounds):
            for chunk in chunks:
                for side in sides:
                    bar.set_description(side.name)
                    if chunk.first:
                        side.reset()
                    time.sleep(rest_s)
                    taken[side.name][round_index].append(side.run(chunk))
                    bar.update()
    return taken


def warm_up(side: Side, chunk: Chunk) -> Turn:
    """Let a side process the start of a chunk, and return the turn."""
    side.reset()
    begin = replace(
        chunk, images=chunk.images[:WARM_UP_IMAGES], stamps_s=chunk.stamps_s[:WARM_UP_IMAGES]
    )
    return side.run(begin)


def images_per_second(rounds: Sequence[Sequence[Turn]]) -> list[float]:
    """Return a side's images per second in each round."""
    return [
        sum(len(turn.results) for turn in turns) / sum(turn.elapsed_s for turn in turns)
        for turns in rounds
    ]


def ratios_to_first(taken: Mapping[str, Sequence[Sequence[Turn]]]) -> dict[str, Ratio]:
    """Return the speed ratio of the first side to each other side."""
    speeds = {name: images_per_second(rounds) for name, rounds in taken.items()}
    first = next(iter(speeds.values()))
    return {name: speed_ratio(first, speed) for name, speed in speeds.items()}
