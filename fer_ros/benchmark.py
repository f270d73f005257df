"""Benchmarks: they print tables and may write JSON; they never fail for being slow."""

import json
import os
import platform
import statistics
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from fer_ros.atomic_file import atomic_file
from fer_ros.classifier import load_classifier
from fer_ros.face_detector import FaceDetector
from fer_ros.face_landmarks import LandmarkPredictor
from fer_ros.pipeline import STAGES, EmotionPipeline, Models
from fer_ros.sample_clip import NUM_FACES_BETWEEN_S, RATE_HZ, SIZE_WH, sample_frames


def bench_pipeline(model: Path, backend: str, rounds: int, json_path: Path | None) -> None:
    """Measure the pipeline on the sample clip: image array in, estimates out.

    Counted are the images with one face, at 640x480, with stamps as the camera would give them, so
    that detections fall where they fall on a robot.
    """
    models = Models(FaceDetector(), LandmarkPredictor(), load_classifier(model, backend))
    images = list(sample_frames())
    one_face = [(start, end) for start, end, count in NUM_FACES_BETWEEN_S if count == 1]
    total_s: list[float] = []
    stage_s: dict[str, list[float]] = defaultdict(list)
    found = 0
    for round_number in range(rounds + 1):
        pipeline = EmotionPipeline(models)
        for index, image in enumerate(images):
            stamp_s = index / RATE_HZ
            start = time.perf_counter()
            frame = pipeline.process(image, stamp_s)
            elapsed = time.perf_counter() - start
            counted = any(begin <= stamp_s <= end for begin, end in one_face)
            # The first round warms up.
            if round_number and counted:
                total_s.append(elapsed)
                found += len(frame.faces) == 1
                for stage in STAGES:
                    stage_s[stage].append(pipeline.stage_s.get(stage, 0.0))
    report = {
        'machine': f'{platform.processor() or platform.machine()}, {os.cpu_count()} processors',
        'size_wh': SIZE_WH,
        'backend': backend,
        'images': len(total_s),
        'images_with_the_face': found,
        'frames_per_second': len(total_s) / sum(total_s),
        'mean_ms': statistics.mean(total_s) * 1e3,
        'median_ms': statistics.median(total_s) * 1e3,
        'p95_ms': float(np.percentile(total_s, 95)) * 1e3,
        'stages': {
            stage: {
                'mean_ms': statistics.mean(times) * 1e3,
                'median_when_run_ms': statistics.median([t for t in times if t] or [0.0]) * 1e3,
                'share_of_images': sum(t > 0 for t in times) / len(times),
            }
            for stage, times in stage_s.items()
        },
    }
    _print_pipeline(report)
    if json_path is not None:
        with atomic_file(json_path) as aside:
            aside.write_text(json.dumps(report, indent=2))


def _print_pipeline(report: dict[str, object]) -> None:
    width, height = SIZE_WH
    print(f'{report["machine"]}; {width}x{height}, one face, backend {report["backend"]}')
    print(f'{"stage":<12}{"mean ms":>10}{"ms when run":>14}{"run on":>10}')
    stages = report['stages']
    assert isinstance(stages, dict)
    for stage, figures in stages.items():
        print(
            f'{stage:<12}{figures["mean_ms"]:>10.2f}{figures["median_when_run_ms"]:>14.2f}'
            f'{figures["share_of_images"]:>10.0%}'
        )
    print(
        f'{"whole":<12}{report["mean_ms"]:>10.2f}   (median {report["median_ms"]:.2f}, '
        f'p95 {report["p95_ms"]:.2f})'
    )
    print(
        f'{report["frames_per_second"]:.1f} frames a second; the face was found in '
        f'{report["images_with_the_face"]} of {report["images"]} images'
    )
