"""``fer-ros bench bag``: speed relative to the bare pipeline, and memory by length of the bag."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fer_ros.bags.images import bag_images
from fer_ros.bags.reader import BagReader
from fer_ros.bags.sample_bag import endless_clip, write_sample_bag
from fer_ros.bench.report import machine, write_json
from fer_ros.media.sample_clip import RATE_HZ
from fer_ros.media.sample_people import describe_people, sample_people
from fer_ros.offline.output_folder import PARTS
from fer_ros.offline.recording import RecordingRun
from fer_ros.offline.settings import RunSettings
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
from fer_ros.progress import ProgressBar

_WITHOUT_VIDEO = tuple(part for part in PARTS if part != 'video')
Figures = dict[str, dict[str, float]]


def bench_bag(
    rounds: int, seconds: float, minutes: Sequence[float], json_path: Path | None
) -> None:
    """Measure and print; the bags are created in a temporary folder and removed.

    Args:
        rounds: Number of times each way of running is measured, in turns.
        seconds: Length in seconds of the bag for measuring speed.
        minutes: Lengths in minutes of the bags for comparing peak memory; may be empty.
        json_path: File for the figures as JSON, if any.
    """
    people = describe_people(sample_people())
    report: dict[str, Any] = {'machine': machine(), 'images': people}
    print(f'{report["machine"]}; 640x480, {RATE_HZ:g} Hz; images: {people}', flush=True)
    with TemporaryDirectory(prefix='fer_ros_bench_') as folder:
        report['speed'] = _speed(Path(folder), rounds, seconds)
        _print_speed(report['speed'])
        report['memory'] = _memory(Path(folder), minutes)
        _print_memory(report['memory'])
    write_json(report, json_path)


def _speed(folder: Path, rounds: int, seconds: float) -> Figures:
    """Return frames per second and × real time of the bare pipeline and of the command."""
    bag = folder / 'speed'
    write_sample_bag(bag, seconds, compressed=False)
    whole = RecordingRun(RunSettings(progress=False))
    parts = replace(whole.settings, parts=_WITHOUT_VIDEO)
    quick = RecordingRun(parts, whole.models)
    found: dict[str, list[float]] = {}
    # The first round warms up; taking turns makes changes in the machine's speed affect all alike.
    for turn in ProgressBar(range(rounds + 1), desc='speed', unit='turn', leave=False):
        rates = {
            'pipeline alone': _pipeline_rate(whole, seconds),
            'bag, all outputs': _bag_rate(whole, bag, folder / f'all{turn}'),
            'bag, without video': _bag_rate(quick, bag, folder / f'quick{turn}'),
        }
        for name, rate in rates.items():
            found.setdefault(name, []).extend([rate] if turn else [])
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    return {
        name: {
            'frames_per_second': rate,
            'times_real_time': rate / RATE_HZ,
            'of_the_pipeline': rate / medians['pipeline alone'],
        }
        for name, rate in medians.items()
    }


def _pipeline_rate(run: RecordingRun, seconds: float) -> float:
    """Return images per second of the pipeline: image array in, estimates out."""
    pipeline = EmotionPipeline(run.models, pipeline_settings(run.settings.parameters))
    elapsed_s = 0.0
    for index, bgr in enumerate(islice(endless_clip(), round(seconds * RATE_HZ))):
        start_s = time.perf_counter()
        pipeline.process(bgr, index / RATE_HZ)
        elapsed_s += time.perf_counter() - start_s
    return (index + 1) / elapsed_s


def _bag_rate(run: RecordingRun, bag: Path, folder: Path) -> float:
    folder.mkdir()
    with BagReader(bag) as reader:
        stream = bag_images(reader, (), run.settings.parameters['max_image_pixels'])
        return run.write(stream, None, folder, 'bench').speed.frames_per_second


def _memory(folder: Path, minutes: Sequence[float]) -> Figures:
    """Return the peak memory of ``fer-ros bag`` by length of the bag."""
    found: Figures = {}
    for length in minutes:
        bag = folder / f'{length:g}min'
        write_sample_bag(bag, length * 60, compressed=True)
        command = [sys.executable, '-m', 'fer_ros', 'bag', str(bag), '--out', f'{bag}_out']
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.terminate()
                # After Ctrl-C, leaving the block waits for a quarter of a second only.
                process.wait()
                raise
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        # Linux reports kilobytes.
        found[f'{length:g} min'] = {'peak_mb': usage.ru_maxrss / 1024}
    return found


def _print_speed(figures: Figures) -> None:
    print(f'{"":<20}{"images/s":>10}{"× real time":>14}{"of the pipeline":>18}')
    for name, one in figures.items():
        print(
            f'{name:<20}{one["frames_per_second"]:>10.1f}{one["times_real_time"]:>14.1f}'
            f'{one["of_the_pipeline"]:>18.0%}',
            flush=True,
        )


def _print_memory(figures: Figures) -> None:
    if figures:
        print(f'{"length of the bag":<20}{"peak memory":>14}')
    for name, one in figures.items():
        print(f'{name:<20}{one["peak_mb"]:>11.0f} MB', flush=True)
