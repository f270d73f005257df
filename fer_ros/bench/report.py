"""Output of all benchmarks: the machine, medians and percentiles, and all figures as JSON."""

import json
import os
import platform
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.atomic_file import atomic_file
from fer_ros.media.sample_people import describe_people, sample_people

_CPU_INFO = Path('/proc/cpuinfo')


def machine() -> str:
    """Return the name and number of the processors."""
    return f'{_processor()}, {os.cpu_count()} processors'


def begin_report(model_name: str, rounds: int) -> dict[str, Any]:
    """Return, and print, what the figures of a benchmark of the sample clip depend on.

    Args:
        model_name: Name of the model's file.
        rounds: Number of times each side is measured.
    """
    report = {
        'machine': machine(),
        'images': describe_people(sample_people()),
        'model': model_name,
        'rounds': rounds,
    }
    print(f'{report["machine"]}; model {model_name}, rounds: {rounds}', flush=True)
    print(f'images: {report["images"]}', flush=True)
    return report


def write_json(report: Mapping[str, Any], path: Path | None) -> None:
    """Write the figures of a benchmark if a path is given."""
    if path is not None:
        with atomic_file(path) as aside:
            aside.write_text(json.dumps(report, indent=2), encoding='utf-8')


def spread_ms(times_s: Sequence[float], *percents: int) -> dict[str, float]:
    """Return ``median_ms`` and percentiles (``p95_ms`` for 95) of times in seconds; zeros if there
    are none.
    """
    percents = percents or (95,)
    values = np.percentile(list(times_s) or [0.0], (50, *percents)) * 1e3
    names = ('median', *(f'p{percent}' for percent in percents))
    return {f'{name}_ms': float(value) for name, value in zip(names, values, strict=True)}


def stage_figures(
    images: Sequence[Mapping[str, float]], stages: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return the figures of each stage.

    Args:
        images: Seconds by stage for every image; stages that did not run are missing.
        stages: Names, in order of execution.
    """
    return {stage: _stage([image.get(stage, 0.0) for image in images]) for stage in stages}


def print_stages(title: str, stages: Mapping[str, Mapping[str, float]]) -> None:
    """Print a line per stage."""
    print(f'{title:<24}{"mean ms":>10}{"ms when run":>14}{"run on":>10}')
    for stage, figures in stages.items():
        print(
            f'{stage:<24}{figures["mean_ms"]:>10.2f}{figures["median_when_run_ms"]:>14.2f}'
            f'{figures["share_of_images"]:>10.0%}',
            flush=True,
        )


def _stage(times_s: Sequence[float]) -> dict[str, float]:
    run_s = [time_s for time_s in times_s if time_s]
    return {
        'mean_ms': statistics.mean(times_s) * 1e3,
        'median_when_run_ms': statistics.median(run_s or [0.0]) * 1e3,
        'share_of_images': len(run_s) / len(times_s),
    }


def _processor() -> str:
    # Python uses `uname -p`, which on Linux gives the architecture at most.
    if _CPU_INFO.is_file():
        named = re.search(r'^model name\s*:\s*(.+)$', _CPU_INFO.read_text(encoding='utf-8'), re.M)
        if named:
            return named[1]
    return platform.processor() or platform.machine()
