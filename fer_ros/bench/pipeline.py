"""``fer-ros bench pipeline``: image array in, estimates out, beside what else could be used."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fer_ros.bench.fer_library import FerLibrary
from fer_ros.bench.images import one_face_chunks
from fer_ros.bench.landmark_drift import detected_landmarks, measure_drift
from fer_ros.bench.new_face import SITUATIONS, delay_figures, new_face_delays
from fer_ros.bench.pipeline_maker import PipelineMaker, TwoThreads, settle
from fer_ros.bench.report import machine, print_stages, spread_ms, stage_figures, write_json
from fer_ros.bench.turns import OneByOne, Side, Turn, images_per_second, take_turns
from fer_ros.errors import SourceError
from fer_ros.pipeline import STAGES, EmotionPipeline

OURS, EARLIER, LIBRARY = 'fer_ros', 'earlier design', 'library fer'
Figures = dict[str, Any]


def bench_pipeline(
    maker: PipelineMaker,
    rounds: int,
    sizes_wh: Sequence[tuple[int, int]],
    json_path: Path | None,
    images: int = 0,
    phases: int = 0,
) -> None:
    """Measure and print, on the parts of the sample clip with one face, with a camera's stamps.

    Args:
        maker: Makes the pipelines.
        rounds: How often the clip is gone through.
        sizes_wh: Widths and heights of the images in pixels.
        json_path: For the figures as JSON.
        images: Of the clip, at most; 0: all 258.
        phases: As in ``new_face_delays``.
    """
    report: Figures = {'machine': machine(), 'model': maker.model_name, 'rounds': rounds}
    print(f'{report["machine"]}; model {maker.model_name}, rounds: {rounds}', flush=True)
    sides, report['left_out'], stages = _sides(maker)
    for sentence in report['left_out']:
        print(sentence, flush=True)
    report['sizes'] = {}
    for size_wh in sizes_wh:
        name = f'{size_wh[0]}x{size_wh[1]}'
        figures = _measure(maker, sides, stages, rounds, size_wh, images)
        figures['new_face'] = {
            situation: delay_figures(new_face_delays(maker, size_wh, num_faces, phases))
            for situation, num_faces in SITUATIONS.items()
        }
        report['sizes'][name] = figures
        _print(name, figures)
    write_json(report, json_path)


def _sides(maker: PipelineMaker) -> tuple[list[Side], list[str], dict[str, Sequence[str]]]:
    """Return the sides, a sentence for each that is left out, and the stages of those with any."""
    pipeline = maker.make()
    sides: list[Side] = [_ours(pipeline), TwoThreads(maker.make())]
    stages: dict[str, Sequence[str]] = {OURS: STAGES}
    left_out = []
    try:
        from fer_ros.bench import earlier_design

        design = earlier_design.EarlierDesign(maker.models.landmarks)
        sides.append(OneByOne(EARLIER, design, during=design.threads))
        stages[EARLIER] = earlier_design.STAGES
    except ModuleNotFoundError as error:
        left_out.append(f'the earlier design is not compared: no module {error.name}')
    try:
        sides.append(OneByOne(LIBRARY, FerLibrary()))
    except SourceError as error:
        left_out.append(str(error))
    return sides, left_out, stages


def _ours(pipeline: EmotionPipeline) -> OneByOne:
    return OneByOne(
        OURS,
        pipeline,
        num_faces=lambda frame: len(frame.faces),
        settle=lambda: settle(pipeline),
    )


def _measure(
    maker: PipelineMaker,
    sides: Sequence[Side],
    stages: dict[str, Sequence[str]],
    rounds: int,
    size_wh: tuple[int, int],
    images: int,
) -> Figures:
    chunks = one_face_chunks(size_wh, images)
    taken = take_turns(sides, chunks, rounds)
    speeds = {name: images_per_second(turns) for name, turns in taken.items()}
    drift = measure_drift(chunks, taken[OURS], detected_landmarks(chunks, maker.models.landmarks))
    return {
        'images': sum(len(chunk.images) for chunk in chunks),
        'sides': {
            name: _side(turns, speeds[name], speeds.get(EARLIER)) for name, turns in taken.items()
        },
        'stages': {
            name: stage_figures(
                [stage_s for turns in taken[name] for turn in turns for stage_s in turn.stages_s],
                names,
            )
            for name, names in stages.items()
        },
        'landmarks': drift.figures(),
    }


def _side(
    rounds: Sequence[Sequence[Turn]], speeds: Sequence[float], earlier: Sequence[float] | None
) -> Figures:
    turns = [turn for round_turns in rounds for turn in round_turns]
    times_s = [time_s for turn in turns for time_s in turn.times_s]
    figures: Figures = {
        'frames_per_second': statistics.median(speeds),
        'images': sum(len(turn.results) for turn in turns),
        'images_with_the_face': sum(turn.found for turn in turns),
        **(spread_ms(times_s) if times_s else {}),
    }
    if earlier is not None:
        ratios = [own / other for own, other in zip(speeds, earlier, strict=True)]
        figures['times_the_earlier_design'] = statistics.median(ratios)
        figures['times_the_earlier_design_by_round'] = ratios
    return figures


def _print(name: str, figures: Figures) -> None:
    print(f'\n{name}, one face, {figures["images"]} images a round')
    print(
        f'{"":<34}{"frames/s":>10}{"median ms":>11}{"p95 ms":>9}'
        f'{"× earlier (by round)":>24}{"face found":>14}'
    )
    for side, one in figures['sides'].items():
        times = ''.join(
            f'{one[key]:{width}.2f}' if key in one else ' ' * width
            for key, width in (('median_ms', 11), ('p95_ms', 9))
        )
        found = f'{one["images_with_the_face"]} of {one["images"]}'
        print(f'{side:<34}{one["frames_per_second"]:>10.1f}{times}{_ratio(one):>24}{found:>14}')
    for side, stages in figures['stages'].items():
        print_stages(f'stages of {side}', stages)
    _print_faces(figures)


def _ratio(side: Figures) -> str:
    if 'times_the_earlier_design' not in side:
        return ''
    ratios = side['times_the_earlier_design_by_round']
    return f'{side["times_the_earlier_design"]:.2f} ({min(ratios):.2f}-{max(ratios):.2f})'


def _print_faces(figures: Figures) -> None:
    marks = figures['landmarks']
    print(
        f'landmarks from detected ones, in eye distances: median {marks["distance_median"]:.4f}, '
        f'p95 {marks["distance_p95"]:.4f} (of {marks["images"]} images)'
    )
    print(
        f'faces lost that full-frame detection finds: {marks["images_with_the_face_lost"]} of '
        f'{marks["images_with_a_detected_face"]} images ({marks["share_lost"]:.2%}); before the '
        f'first report: {marks["images_before_the_first_report"]}'
    )
    for situation, delay in figures['new_face'].items():
        print(
            f'new face, {situation}: reported after {delay["median_s"]:.2f} s at the median, '
            f'{delay["max_s"]:.2f} s at most (of {delay["times"]} times)',
            flush=True,
        )
