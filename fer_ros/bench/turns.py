"""Sides that are compared take turns on the same images: a change of pace hits all alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from fer_ros.structures import ImageArray

# Images that a side is given at a time: two seconds of them.
CHUNK_IMAGES = 60
# Rest before each turn, in which what the last side left running comes to its end.
_REST_S = 0.05


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
        num_faces: Of what the subject returns.
        settle: Waits until nothing of it is at work any more, also in the background.
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
    sides: Sequence[Side], chunks: Sequence[Chunk], rounds: int
) -> dict[str, list[list[Turn]]]:
    """Return the turns of each side, by its name and round.

    Args:
        sides: Each gets the first chunk, then each the second, and so on.
        chunks: The first one also warms everything up.
        rounds: How often all of the chunks are gone through.
    """
    taken: dict[str, list[list[Turn]]] = {side.name: [] for side in sides}
    for side in sides:
        side.reset()
        side.run(chunks[0])
    for _ in range(rounds):
        for turns in taken.values():
            turns.append([])
        for chunk in chunks:
            for side in sides:
                if chunk.first:
                    side.reset()
                time.sleep(_REST_S)
                taken[side.name][-1].append(side.run(chunk))
    return taken


def images_per_second(rounds: Sequence[Sequence[Turn]]) -> list[float]:
    """Return a side's images divided by their time, for each round."""
    return [
        sum(len(turn.results) for turn in turns) / sum(turn.elapsed_s for turn in turns)
        for turns in rounds
    ]
