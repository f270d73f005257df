"""The delay from the appearance of a face to its first report, measured by stamps."""

from collections.abc import Iterator
from itertools import count

import numpy as np

from fer_ros.bench.images import Scene
from fer_ros.bench.pipeline_maker import PipelineMaker
from fer_ros.media.sample_clip import RATE_HZ
from fer_ros.progress import ProgressBar

# Situations before the new face appears, with the number of faces in view.
SITUATIONS = {'nobody in view': 0, 'one face followed': 1}
_BEFORE_S = 0.4
_GIVE_UP_S = 3.0


def new_face_delays(
    maker: PipelineMaker, size_wh: tuple[int, int], num_faces: int, phases: int = 0
) -> list[float]:
    """Return the seconds from the first image with the new face to the first that reports it.

    The face appears from one image to the next, each time at a different phase of the detection
    interval. A face that is never reported counts as 3 s.

    Args:
        maker: Makes the pipelines.
        size_wh: Width and height of the images in pixels.
        num_faces: Number of faces in view before.
        phases: Number of phases; 0: the number of images in an interval.
    """
    before = Scene(num_faces, size_wh, (2, 1))
    after = Scene(num_faces + 1, size_wh, (2, 1))
    phases = phases or max(round(maker.detect_interval_s * RATE_HZ), 1)
    return [
        _delay_s(maker, before, after, num_faces, phase)
        for phase in ProgressBar(range(phases), desc='a new face', leave=False)
    ]


def delay_figures(delays_s: list[float]) -> dict[str, float]:
    """Return the figures for a report."""
    return {
        'times': len(delays_s),
        'median_s': float(np.median(delays_s)),
        'max_s': max(delays_s),
    }


def _delay_s(
    maker: PipelineMaker, before: Scene, after: Scene, num_faces: int, phase: int
) -> float:
    pipeline = maker.make()
    indices: Iterator[int] = count()
    for _ in range(round(_BEFORE_S * RATE_HZ) + phase):
        index = next(indices)
        pipeline.process(before.image(index), index / RATE_HZ)
    delay_s = _GIVE_UP_S
    for later in range(round(_GIVE_UP_S * RATE_HZ)):
        index = next(indices)
        if len(pipeline.process(after.image(index), index / RATE_HZ).faces) > num_faces:
            delay_s = later / RATE_HZ
            break
    pipeline.settle()
    return delay_s
