"""``fer-ros bench pipeline``: image array in, estimates out, on this machine."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fer_ros.bench.images import one_face_chunks
from fer_ros.bench.pipeline_maker import PipelineMaker, TwoThreads
from fer_ros.bench.ratio import busy_sentence
from fer_ros.bench.report import begin_report, print_stages, spread_ms, stage_figures, write_json
from fer_ros.bench.turns import (
    OneByOne,
    Side,
    Turn,
    images_per_second,
    ratios_to_first,
    take_turns,
)
from fer_ros.pipeline.emotion_pipeline import STAGES, EmotionPipeline

OURS = 'fer_ros'
Figures = dict[str, Any]


def bench_pipeline(
    maker: PipelineMaker,
    rounds: int,
    sizes_wh: Sequence[tuple[int, int]],
    json_path: Path | None,
    images: int = 0,
) -> None:
    """Measure and print, with one person of the sample clip at a time, stamped as by a camera.

    Args:
        maker: Makes the pipelines.
        rounds: Number of passes through the clip.
        sizes_wh: Widths and heights of the images in pixels.
        json_path: File for the figures as JSON, if any.
        images: Largest number of images; 0: all.
    """
    report = begin_report(maker.model_name, rounds)
    report['sizes'] = {}
    sides: list[Side] = [one_by_one(maker.make()), TwoThreads(maker.make())]
    for size_wh in sizes_wh:
        name = f'{size_wh[0]}x{size_wh[1]}'
        taken = take_turns(sides, one_face_chunks(size_wh, images), rounds)
        speeds = report_speeds(name, taken)
        stages = {OURS: stages_of(taken[OURS], STAGES)}
        print_stages(f'stages of {OURS}', stages[OURS])
        report['sizes'][name] = {'sides': speeds, 'stages': stages}
    write_json(report, json_path)


def one_by_one(pipeline: EmotionPipeline) -> OneByOne:
    """Return the side that processes images as the node does."""
    return OneByOne(
        OURS,
        pipeline,
        num_faces=lambda frame: len(frame.faces),
        settle=pipeline.settle,
    )


def report_speeds(title: str, taken: Mapping[str, Sequence[Sequence[Turn]]]) -> Figures:
    """Print a line per side with the speed ratio of the first side to it, and return the figures.

    Args:
        title: Title of the table.
        taken: Turns by side and round.
    """
    ratios = ratios_to_first(taken)
    figures = {name: _side(rounds) | ratios[name].figures() for name, rounds in taken.items()}
    first = next(iter(taken))
    print(f'\n{title}, one face')
    print(
        f'{"":<34}{"frames/s":>10}{"median ms":>11}{"p95 ms":>9}'
        f'{f"{first} is × as fast":>28}{"face found":>14}'
    )
    for name, one in figures.items():
        times = ''.join(
            f'{one[key]:{width}.2f}' if key in one else ' ' * width
            for key, width in (('median_ms', 11), ('p95_ms', 9))
        )
        ratio = '' if name == first else str(ratios[name])
        found = f'{one["images_with_the_face"]} of {one["images"]}'
        print(f'{name:<34}{one["frames_per_second"]:>10.1f}{times}{ratio:>28}{found:>14}')
    if sentence := busy_sentence(ratios):
        print(sentence, flush=True)
    return figures


def stages_of(rounds: Sequence[Sequence[Turn]], stages: Sequence[str]) -> Figures:
    """Return the figures of a side's stages.

    Args:
        rounds: Turns of the side, by round.
        stages: Names, in order of execution.
    """
    times_s = [stage_s for turns in rounds for turn in turns for stage_s in turn.stages_s]
    return stage_figures(times_s, stages)


def _side(rounds: Sequence[Sequence[Turn]]) -> Figures:
    turns = [turn for round_turns in rounds for turn in round_turns]
    times_s = [time_s for turn in turns for time_s in turn.times_s]
    return {
        'frames_per_second': statistics.median(images_per_second(rounds)),
        'images': sum(len(turn.results) for turn in turns),
        'images_with_the_face': sum(turn.found for turn in turns),
        **(spread_ms(times_s) if times_s else {}),
    }
