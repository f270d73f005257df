"""``python -m benchmarks.soak``: resources and latency of a node over a long run.

Two cameras send 30 images per second each, one raw images and one JPEG; ``make soak`` runs it.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.faults.fault_graph import RATE_HZ, FaultGraph
from benchmarks.faults.process_state import process_state
from fer_ros.atomic_file import atomic_file
from fer_ros.bench.report import machine, write_json
from fer_ros.errors import FerError

_INTERVAL_S = 10.0
# By then, everything is loaded and caches are full.
_WARM_UP_S = 60.0
_GROWTH = 0.05


@dataclass(frozen=True)
class Sample:
    """Measurements of one interval.

    Attributes:
        minutes: Time from the start of the run to the end of the interval.
        resident_mb: Memory at the end of the interval.
        threads: Number of threads at the end of the interval.
        descriptors: Number of open files and sockets at the end of the interval.
        answers: Number of messages that arrived.
        dropped: Number of images that were replaced by newer ones.
        median_ms: Median time from the stamp of an image to the arrival of its message.
        p95_ms: 95th percentile of that time.
        p99_ms: 99th percentile of that time.
    """

    minutes: float
    resident_mb: float
    threads: int
    descriptors: int
    answers: int
    dropped: int
    median_ms: float
    p95_ms: float
    p99_ms: float


def soak(minutes: float) -> list[Sample]:
    """Run a node for some time; return a sample of each interval after the warm-up.

    Args:
        minutes: Duration in minutes, including the warm-up.

    Raises:
        SourceError: The node does not start, or ends.
    """
    graph = FaultGraph()
    try:
        begin_s = time.monotonic()
        graph.spin(min(_WARM_UP_S, 30 * minutes), load=True)
        samples = []
        while (spent_s := time.monotonic() - begin_s) < 60 * minutes:
            samples.append(_sample(graph, spent_s))
        return samples
    finally:
        graph.shut_down()


def _sample(graph: FaultGraph, spent_s: float) -> Sample:
    graph.delays_s.clear()
    dropped = [camera.outcomes['dropped'] for camera in graph.cameras]
    graph.spin(_INTERVAL_S, load=True)
    gone = sum(camera.outcomes['dropped'] for camera in graph.cameras) - sum(dropped)
    spread_ms = np.percentile([*graph.delays_s] or [np.nan], (50, 95, 99)) * 1e3
    return Sample(
        (spent_s + _INTERVAL_S) / 60,
        **asdict(process_state(graph.node.pid)),
        answers=len(graph.delays_s),
        dropped=gone,
        median_ms=float(spread_ms[0]),
        p95_ms=float(spread_ms[1]),
        p99_ms=float(spread_ms[2]),
    )


def draw(samples: Sequence[Sample], path: Path) -> None:
    """Plot the samples over time to a PNG file.

    Args:
        samples: Samples in order of time.
        path: File to write; an existing one is replaced only once the new one is complete.
    """
    from matplotlib.figure import Figure

    figure = Figure((9, 8), layout='constrained')
    memory, held, delays, images = figure.subplots(4, 1, sharex=True)
    minutes = [sample.minutes for sample in samples]

    def line(axes, name: str, label: str) -> None:  # type: ignore[no-untyped-def]
        axes.plot(minutes, [getattr(sample, name) for sample in samples], label=label)

    line(memory, 'resident_mb', 'memory, MB')
    memory.set_ylim(0, 1.2 * max(sample.resident_mb for sample in samples))
    line(held, 'threads', 'threads')
    line(held, 'descriptors', 'descriptors')
    held.set_ylim(0, 1.2 * max(sample.descriptors for sample in samples))
    for name, label in (('p99_ms', '99 %'), ('p95_ms', '95 %'), ('median_ms', 'median')):
        line(delays, name, f'stamp to answer, ms: {label}')
    delays.set_yscale('log')
    line(images, 'answers', f'answers in {_INTERVAL_S:g} s')
    line(images, 'dropped', f'images dropped in {_INTERVAL_S:g} s')
    images.set(xlabel='minutes', ylim=(0, None))
    for axes in (memory, held, delays, images):
        axes.grid(alpha=0.3)
        axes.legend(loc='lower left', bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=8)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110, format='png')


def problems(samples: Sequence[Sample]) -> list[str]:
    """Return a sentence for each requirement that failed."""
    first, last = samples[0], samples[-1]
    found = []
    growth = last.resident_mb / first.resident_mb - 1
    if growth > _GROWTH:
        found.append(f'memory grew by {100 * growth:.1f} %')
    for name in ('threads', 'descriptors'):
        counts = {getattr(sample, name) for sample in samples}
        if len(counts) > 1:
            found.append(f'the number of {name} varied: {", ".join(map(str, sorted(counts)))}')
    silent = [sample.minutes for sample in samples if not sample.answers]
    if silent:
        found.append(f'no image was answered at minute {silent[0]:.1f}')
    return found


def main(arguments: list[str] | None = None) -> None:
    """Run, print and plot; the exit code is 1 if a requirement failed."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.soak',
        description=f'Run a node with two cameras of {RATE_HZ:g} images per second, and record '
        'its memory, threads, descriptors and latency.',
    )
    parser.add_argument(
        '--minutes', type=float, default=30, help='duration in minutes; default: 30'
    )
    parser.add_argument(
        '--plot', type=Path, default=Path('soak.png'), help='PNG file to write; default: soak.png'
    )
    parser.add_argument('--json', type=Path, help='file to write the samples to')
    options = parser.parse_args(arguments)
    try:
        samples = soak(options.minutes)
    except FerError as error:
        sys.exit(f'soak: {error}')
    except KeyboardInterrupt:
        sys.exit('soak: interrupted')
    write_json({'machine': machine(), 'samples': [asdict(one) for one in samples]}, options.json)
    draw(samples, options.plot)
    print(machine())
    print(f'{"minute":>8}{"memory MB":>11}{"threads":>9}{"descriptors":>13}', end='')
    print(f'{"answers":>9}{"dropped":>9}{"median ms":>11}{"p95 ms":>9}{"p99 ms":>9}')
    step = max(len(samples) // 10, 1)
    for sample in [*samples[:-1:step], samples[-1]]:
        print(
            f'{sample.minutes:>8.1f}{sample.resident_mb:>11.1f}{sample.threads:>9}'
            f'{sample.descriptors:>13}{sample.answers:>9}{sample.dropped:>9}'
            f'{sample.median_ms:>11.1f}{sample.p95_ms:>9.1f}{sample.p99_ms:>9.1f}'
        )
    found = problems(samples)
    print('\n'.join(f'FAILED: {problem}' for problem in found) or 'all requirements held')
    sys.exit('soak: some requirements failed' if found else 0)


if __name__ == '__main__':
    main()
