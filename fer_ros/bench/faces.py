"""``fer-ros bench faces``: the cost of more faces in view, and of more cameras in one process."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_ros.bench.images import Scene, one_face_chunks
from fer_ros.bench.pipeline_maker import PipelineMaker
from fer_ros.bench.ratio import Ratio, busy_sentence
from fer_ros.bench.report import begin_report, spread_ms, write_json
from fer_ros.bench.turns import (
    Chunk,
    OneByOne,
    Side,
    Turn,
    images_per_second,
    ratios_to_first,
    take_turns,
)
from fer_ros.media.sample_clip import RATE_HZ, SIZE_WH
from fer_ros.pipeline.emotion_estimator import estimate_together

NUM_FACES = (1, 2, 4, 8, 16)
NUM_CAMERAS = (1, 2, 4)
# Number of images by which each camera starts later than the previous one.
_APART = 4
Figures = dict[str, dict[str, Any]]


class Crowd:
    """A side that processes images of 1280 x 720 with a number of faces in view."""

    def __init__(self, maker: PipelineMaker, number: int) -> None:
        pipeline = maker.make()
        self.name = str(number)
        self._scene = Scene(number)
        self._side = OneByOne(
            self.name,
            pipeline,
            # An image counts as found only with all of its faces.
            num_faces=lambda frame: int(len(frame.faces) == number),
            settle=pipeline.settle,
        )

    def reset(self) -> None:
        """Forget the earlier images."""
        self._side.reset()

    def run(self, chunk: Chunk) -> Turn:
        """Process images of the crowd, created before timing starts, with the chunk's stamps."""
        images = [self._scene.image(round(stamp_s * RATE_HZ)) for stamp_s in chunk.stamps_s]
        return self._side.run(replace(chunk, images=images))


class Cameras:
    """A side with several cameras, each with its own pipeline, whose images arrive at the same
    time, as in a busy node.
    """

    def __init__(self, maker: PipelineMaker, number: int) -> None:
        self.name = str(number)
        self._pipelines = [maker.make() for _ in range(number)]

    def reset(self) -> None:
        """Forget the earlier images."""
        for pipeline in self._pipelines:
            pipeline.reset()

    def run(self, chunk: Chunk) -> Turn:
        """Process a chunk; the cameras start at different times, so that they do not all detect
        at once.
        """
        frames, times_s = [], []
        start_s = time.perf_counter()
        for index, image in enumerate(chunk.images):
            begun = len(self._pipelines)
            if chunk.first:
                begun = min(index // _APART + 1, begun)
            begin_s = time.perf_counter()
            observed = [
                (pipeline.estimator, pipeline.observe(image, chunk.stamps_s[index]))
                for pipeline in self._pipelines[:begun]
            ]
            frames += estimate_together(observed)
            times_s += [(time.perf_counter() - begin_s) / begun] * begun
        for pipeline in self._pipelines:
            pipeline.settle()
        elapsed_s = time.perf_counter() - start_s
        found = sum(len(frame.faces) == 1 for frame in frames)
        return Turn(frames, found, elapsed_s, times_s)


def bench_faces(
    maker: PipelineMaker,
    rounds: int,
    images: int,
    json_path: Path | None,
    num_faces: Sequence[int] = NUM_FACES,
    num_cameras: Sequence[int] = NUM_CAMERAS,
) -> None:
    """Measure and print.

    Args:
        maker: Makes the pipelines.
        rounds: Number of times each number is measured, in turns.
        images: Number of images per number of faces, per camera and per round.
        json_path: File for the figures as JSON, if any.
        num_faces: Numbers of faces in view; compared with the first.
        num_cameras: Numbers of cameras; compared with the first.
    """
    report = begin_report(maker.model_name, rounds)
    # The time between detections must pass, so a chunk contains all of the images.
    stamps_s = [index / RATE_HZ for index in range(images)]
    crowds = [Crowd(maker, number) for number in num_faces]
    report['faces'] = _measure(crowds, [Chunk([], stamps_s, first=True)], rounds)
    _print('1280x720, faces', report['faces'], 'all found', 'ms per face')
    cameras = [Cameras(maker, number) for number in num_cameras]
    report['cameras'] = _measure(cameras, one_face_chunks(SIZE_WH, images), rounds)
    _print('640x480, cameras', report['cameras'], 'face found')
    write_json(report, json_path)


def _measure(sides: Sequence[Side], chunks: Sequence[Chunk], rounds: int) -> Figures:
    taken = take_turns(sides, chunks, rounds)
    ratios = ratios_to_first(taken)
    if sentence := busy_sentence(ratios):
        print(sentence, flush=True)
    return {name: _side(int(name), turns, ratios[name]) for name, turns in taken.items()}


def _side(number: int, rounds: Sequence[Sequence[Turn]], ratio: Ratio) -> dict[str, Any]:
    turns = [turn for round_turns in rounds for turn in round_turns]
    ms = statistics.median(1e3 / speed for speed in images_per_second(rounds))
    return {
        'ms_an_image': ms,
        'ms_a_face': ms / number,
        **ratio.figures(),
        'images': sum(len(turn.results) for turn in turns),
        'images_with_all_faces': sum(turn.found for turn in turns),
        **spread_ms([time_s for turn in turns for time_s in turn.times_s]),
    }


def _print(title: str, figures: Figures, found: str, each: str = '') -> None:
    first = next(iter(figures))
    print(
        f'{title:<18}{"ms per image":>13}{"median":>9}{"p95":>9}{each:>12}'
        f'{f"× {first}":>8}{found:>16}'
    )
    for number, one in figures.items():
        a_face = f'{one["ms_a_face"]:.2f}' if each else ''
        ratio = one.get('first_is_times_as_fast')
        times = 'busy' if ratio is None else f'{ratio:.2f}'
        seen = f'{one["images_with_all_faces"]} of {one["images"]}'
        print(
            f'{number:<18}{one["ms_an_image"]:>13.2f}{one["median_ms"]:>9.2f}{one["p95_ms"]:>9.2f}'
            f'{a_face:>12}{times:>8}{seen:>16}',
            flush=True,
        )
