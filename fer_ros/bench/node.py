"""``fer-ros bench node``: camera_node, fer_node and a subscriber, at 30 images per second."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ament_index_python.packages import PackageNotFoundError

from fer_ros.bench.node_graph import PROCESSES, GraphRun, Part, run_graph
from fer_ros.bench.report import machine, spread_ms, write_json
from fer_ros.errors import SourceError
from fer_ros.media.sample_clip import RATE_HZ, write_sample_clip
from fer_ros.media.sample_people import describe_people, sample_people
from fer_ros.progress import ProgressBar

FLOOR = 'a node that does nothing'
# Without and with a subscriber to annotated images.
PARTS = {'emotion alone': False, 'with annotated images': True}
Figures = dict[str, Any]


def bench_node(
    rounds: int, seconds: float, sizes_wh: Sequence[tuple[int, int]], json_path: Path | None
) -> None:
    """Measure and print; messages contain landmarks, and fer_node has its default parameters.

    Args:
        rounds: Number of times the nodes are started for each size.
        seconds: Duration in seconds of each part of a round.
        sizes_wh: Widths and heights of the images in pixels.
        json_path: File for the figures as JSON, if any.

    Raises:
        SourceError: A node does not start.
    """
    people = describe_people(sample_people())
    report: Figures = {
        'machine': machine(),
        'images': people,
        'rounds': rounds,
        'seconds': seconds,
    }
    print(f'{report["machine"]}; {RATE_HZ:g} images per second, rounds: {rounds}', flush=True)
    print(f'images: {people}', flush=True)
    runs: dict[str, list[GraphRun]] = {f'{w}x{h}': [] for w, h in sizes_wh}
    with TemporaryDirectory(prefix='fer_ros_bench_') as folder:
        videos = {name: Path(folder) / f'{name}.avi' for name in runs}
        for (name, video), size_wh in zip(videos.items(), sizes_wh, strict=True):
            print(f'making the sample clip, {name}', flush=True)
            write_sample_clip(video, size_wh=size_wh)
        turns = [turn for _ in range(rounds) for turn in videos.items()]
        for name, video in ProgressBar(
            turns, desc='camera_node and fer_node', unit='turn', leave=False
        ):
            runs[name].append(_run(video, seconds))
    report['sizes'] = {name: _figures(of_size) for name, of_size in runs.items()}
    for name, figures in report['sizes'].items():
        _print(name, figures)
    write_json(report, json_path)


def _run(video: Path, seconds: float) -> GraphRun:
    try:
        return run_graph(video, PARTS, seconds)
    except PackageNotFoundError:
        raise SourceError(
            'the nodes cannot be found: source the workspace in which fer_ros is built'
        ) from None


def _figures(runs: Sequence[GraphRun]) -> Figures:
    return {
        'start_to_first_message_s': statistics.median(run.start_s for run in runs),
        'resident_mb': statistics.median(run.resident_mb for run in runs),
        'peak_mb': max(run.peak_mb for run in runs),
        'images_sent': sum(run.sent for run in runs),
        'images_received': sum(run.received for run in runs),
        'images_dropped': sum(run.dropped for run in runs),
        'messages': sum(run.messages for run in runs),
        'floor': _part([run.floor for run in runs]),
        'parts': {name: _part([run.parts[name] for run in runs]) for name in PARTS},
    }


def _part(parts: Sequence[Part]) -> Figures:
    annotated_s = [time_s for part in parts for time_s in part.annotated_s]
    figures: Figures = {
        'messages': sum(len(part.emotion_s) for part in parts),
        **spread_ms([time_s for part in parts for time_s in part.emotion_s], 95, 99),
        'cpu_percent': {
            process: statistics.median(part.cpu_percent[process] for part in parts)
            for process in PROCESSES
        },
    }
    if annotated_s:
        figures['annotated'] = {'messages': len(annotated_s), **spread_ms(annotated_s, 95, 99)}
    return figures


def _print(name: str, figures: Figures) -> None:
    print(f'\n{name}, from the stamp of an image to the arrival of its message')
    heads = ''.join(f'{f"{process}, % CPU":>19}' for process in PROCESSES)
    print(f'{"":<24}{"median ms":>10}{"p95 ms":>9}{"p99 ms":>9}{"messages":>10}{heads}')
    for part, one in {FLOOR: figures['floor'], **figures['parts']}.items():
        cpu = ''.join(f'{one["cpu_percent"][process]:>19.1f}' for process in PROCESSES)
        print(f'{part:<24}{_latency(one)}{cpu}')
        if 'annotated' in one:
            print(f'{"  the annotated images":<24}{_latency(one["annotated"])}')
    floor, alone = figures['floor'], figures['parts']['emotion alone']
    beyond_ms = {key: alone[key] - floor[key] for key in ('median_ms', 'p95_ms', 'p99_ms')}
    beyond_cpu = alone['cpu_percent']['fer_node'] - floor['cpu_percent']['fer_node']
    print(
        f'fer_node beyond a node that does nothing: median {beyond_ms["median_ms"]:.2f} ms, p95 '
        f'{beyond_ms["p95_ms"]:.2f}, p99 {beyond_ms["p99_ms"]:.2f}; {beyond_cpu:.1f} % of a core'
    )
    print(
        f'start of fer_node to its first message: {figures["start_to_first_message_s"]:.2f} s; '
        f'resident {figures["resident_mb"]:.0f} MB, at most {figures["peak_mb"]:.0f} MB'
    )
    print(
        f'images sent to both {figures["images_sent"]}, received by fer_node '
        f'{figures["images_received"]}, dropped {figures["images_dropped"]}; messages '
        f'{figures["messages"]} (with start and end)',
        flush=True,
    )


def _latency(figures: Figures) -> str:
    return (
        f'{figures["median_ms"]:>10.2f}{figures["p95_ms"]:>9.2f}{figures["p99_ms"]:>9.2f}'
        f'{figures["messages"]:>10}'
    )
