"""fer_ros compared with its alternatives, in turns on the same images in one process."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.fer_library import FerLibrary
from benchmarks.landmark_drift import detected_landmarks, measure_drift
from benchmarks.new_face import SITUATIONS, delay_figures, new_face_delays
from fer_ros.bench.images import one_face_chunks
from fer_ros.bench.pipeline import OURS, one_by_one, report_speeds, stages_of
from fer_ros.bench.pipeline_maker import PipelineMaker, TwoThreads
from fer_ros.bench.report import begin_report, print_stages, write_json
from fer_ros.bench.turns import WARM_UP_IMAGES, Chunk, OneByOne, Side, take_turns, warm_up
from fer_ros.errors import SourceError
from fer_ros.pipeline.emotion_pipeline import STAGES

EARLIER, LIBRARY = 'earlier design', 'library fer'
# At least one detection and the images up to the next, even on a slow machine.
_LEAST_IMAGES = WARM_UP_IMAGES
_IMAGES_FOR_THREADS = 5
Figures = dict[str, Any]


def compare(
    maker: PipelineMaker,
    rounds: int,
    seconds: float,
    sizes_wh: Sequence[tuple[int, int]],
    json_path: Path | None,
    phases: int = 0,
) -> None:
    """Measure and print speeds, drift of the landmarks, and the delay of a new face.

    Args:
        maker: Makes the pipelines.
        rounds: Number of passes through the images.
        seconds: Approximate time for all sides, rounds and sizes; determines the number of images
            of the sample clip.
        sizes_wh: Widths and heights of the images in pixels.
        json_path: File for the figures as JSON, if any.
        phases: Number of phases; see ``new_face_delays``.
    """
    report = begin_report(maker.model_name, rounds)
    sides, stages, report['notes'] = _sides(maker, sizes_wh[0])
    for sentence in report['notes']:
        print(sentence, flush=True)
    report['sizes'] = {}
    for size_wh in sizes_wh:
        name = f'{size_wh[0]}x{size_wh[1]}'
        images = _affordable_images(sides, size_wh, seconds / len(sizes_wh) / rounds)
        chunks = one_face_chunks(size_wh, images)
        figures = _measure(maker, sides, stages, rounds, chunks, name)
        figures['new_face'] = {
            situation: delay_figures(new_face_delays(maker, size_wh, num_faces, phases))
            for situation, num_faces in SITUATIONS.items()
        }
        report['sizes'][name] = figures
        _print_faces(figures)
    write_json(report, json_path)


def _sides(
    maker: PipelineMaker, size_wh: tuple[int, int]
) -> tuple[list[Side], dict[str, Sequence[str]], list[str]]:
    """Return the sides, the stages of those that have any, and sentences on missing sides."""
    sides: list[Side] = [one_by_one(maker.make()), TwoThreads(maker.make())]
    stages: dict[str, Sequence[str]] = {OURS: STAGES}
    notes = []
    try:
        from benchmarks import earlier_design

        (chunk,) = one_face_chunks(size_wh, _IMAGES_FOR_THREADS)
        design, threads = earlier_design.quickest(maker.models.landmarks, chunk)
        notes.append(threads)
        sides.append(OneByOne(EARLIER, design, during=design.threads))
        stages[EARLIER] = earlier_design.STAGES
    except ModuleNotFoundError as error:
        notes.append(
            f'the earlier design is not compared: no module {error.name}; to compare it, run pip '
            "install '.[train]' in the folder of fer_ros"
        )
    try:
        sides.append(OneByOne(LIBRARY, FerLibrary()))
    except SourceError as error:
        notes.append(str(error))
    return sides, stages, notes


def _affordable_images(sides: Sequence[Side], size_wh: tuple[int, int], seconds: float) -> int:
    """Return the number of images that all sides can process in a round of this many seconds."""
    (chunk,) = one_face_chunks(size_wh, WARM_UP_IMAGES)
    # The first run is warm-up.
    for side in sides:
        warm_up(side, chunk)
    image_s = sum(warm_up(side, chunk).elapsed_s for side in sides) / WARM_UP_IMAGES
    return max(round(seconds / image_s), _LEAST_IMAGES)


def _measure(
    maker: PipelineMaker,
    sides: Sequence[Side],
    stages: Mapping[str, Sequence[str]],
    rounds: int,
    chunks: Sequence[Chunk],
    title: str,
) -> Figures:
    taken = take_turns(sides, chunks, rounds)
    figures: Figures = {
        'images': sum(len(chunk.images) for chunk in chunks),
        'sides': report_speeds(title, taken),
        'stages': {side: stages_of(taken[side], names) for side, names in stages.items()},
    }
    for side, of_side in figures['stages'].items():
        print_stages(f'stages of {side}', of_side)
    reference = detected_landmarks(chunks, maker.models.landmarks)
    figures['landmarks'] = measure_drift(chunks, taken[OURS], reference).figures()
    return figures


def _print_faces(figures: Figures) -> None:
    marks = figures['landmarks']
    print(
        'distance of tracked from detected landmarks, in eye distances: median '
        f'{marks["distance_median"]:.4f}, p95 {marks["distance_p95"]:.4f} '
        f'({marks["images"]} images)'
    )
    print(
        'images in which full-frame detection finds a face and fer_ros has lost it: '
        f'{marks["images_with_the_face_lost"]} of {marks["images_with_a_detected_face"]} '
        f'({marks["share_lost"]:.2%}); before its first report: '
        f'{marks["images_before_the_first_report"]}'
    )
    for situation, delay in figures['new_face'].items():
        print(
            f'time until a new face is reported, {situation}: median {delay["median_s"]:.2f} s, '
            f'at most {delay["max_s"]:.2f} s ({delay["times"]} times)',
            flush=True,
        )
