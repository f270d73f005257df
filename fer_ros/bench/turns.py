"""Sides that are compared take turns on the same images: a change of pace hits all alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tqdm import tqdm

from fer_ros.bench.ratio import Ratio, speed_ratio
from fer_ros.structures import ImageArray

# Images that a side is given at a time: two seconds of them.
CHUNK_IMAGES = 60
# Images of the first chunk on which a side warms up.
WARM_UP_IMAGES = 10
# Rest before each turn, in which what the last side left running comes to its end.
REST_S = 0.05


@dataclass(frozen=True, eq=False)
class Chunk:
    """Successive images.

    Attributes:
        images: ``(H, W, 3)`` uint8 BGR.
        stamps_s: Their stamps in seconds.
        first: Whether they follow no others: what is remembered is forgotten.
    """

    images: Sequence[ImageArray]
    stamps_s: Sequence[float]
    first: bool


@dataclass(frozen=True, eq=False)
class Turn:
    """What a side made of a chunk.

    Attributes:
        results: One for each image.
        found: Images in which it found a face.
        elapsed_s: From the first image to the end of all work on the last one.
        times_s: For each image, where one is finished before the next one begins.
        stages_s: Seconds by stage for each image, where the side tells.
    """

    results: list[Any]
    found: int
    elapsed_s: float
    times_s: list[float] = field(default_factory=list)
    stages_s: list[dict[str, float]] = field(default_factory=list)


class Side(Protocol):
    """One of those that are compared."""

    name: str

    def reset(self) -> None:
        """Forget the images before."""
        ...

    def run(self, chunk: Chunk) -> Turn:
        """Process a chunk."""
        ...


class Subject(Protocol):
    """What processes one image after the other."""

    @property
    def stage_s(self) -> Mapping[str, float]:
        """Seconds that each stage took for the last image."""
        ...

    def process(self, image: ImageArray, stamp_s: float) -> Any:
        """Return what is found in an image."""
        ...

    def reset(self) -> None:
        """Forget the images before."""
        ...


class OneByOne:
    """A side that finishes an image before it takes the next one, as on a live camera."""

    def __init__(
        self,
        name: str,
        subject: Subject,
        num_faces: Callable[[Any], int] = len,
        settle: Callable[[], object] = lambda: None,
        during: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Args:
        name: In the tables.
        subject: What processes the images.
        num_faces: Number of faces in what the subject returns.
        settle: Waits until nothing of it is at work any more, also in the background: else the
            next side would pay for it, and this one would have it for nothing.
        during: Entered for each turn.
        """
        self.name = name
        self._subject = subject
        self._num_faces = num_faces
        self._settle = settle
        self._during = during

    def reset(self) -> None:
        """Forget the images before."""
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
    """Return the turns of each side, by its name and round; a bar on stderr shows the progress.

    Args:
        sides: Each gets the first chunk, then each the second, and so on.
        chunks: On the beginning of the first one each side warms up.
        rounds: How often all of the chunks are gone through.
        rest_s: Before each turn, in seconds.
    """
    taken: dict[str, list[list[Turn]]] = {side.name: [[] for _ in range(rounds)] for side in sides}
    with tqdm(total=(rounds * len(chunks) + 1) * len(sides), unit='turn', leave=False) as bar:
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
    """Let a side process the beginning of a chunk, and return what that took."""
    side.reset()
    begin = replace(
        chunk, images=chunk.images[:WARM_UP_IMAGES], stamps_s=chunk.stamps_s[:WARM_UP_IMAGES]
    )
    return side.run(begin)


def images_per_second(rounds: Sequence[Sequence[Turn]]) -> list[float]:
    """Return a side's images divided by their time, for each round."""
    return [
        sum(len(turn.results) for turn in turns) / sum(turn.elapsed_s for turn in turns)
        for turns in rounds
    ]


def ratios_to_first(taken: Mapping[str, Sequence[Sequence[Turn]]]) -> dict[str, Ratio]:
    """Return, for each side, how many times as fast as it the first one is."""
    speeds = {name: images_per_second(rounds) for name, rounds in taken.items()}
    first = next(iter(speeds.values()))
    return {name: speed_ratio(first, speed) for name, speed in speeds.items()}
