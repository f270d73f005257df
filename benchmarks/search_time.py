"""The time that a search takes with each detector, and how much it slows down other threads.

    python -m benchmarks.search_time --yunet YUNET.onnx

Detectors take turns on the same images in one process. *Others* is the speed of a counting Python
thread in the same process while searches run, as a share of its speed alone, on a machine with a
processor for each: a detector that holds the interpreter lock leaves it little time.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from benchmarks.detection import load_detectors
from fer_ros.face.detectors.detector import FaceDetector
from fer_ros.media.sample_people import PORTRAIT
from fer_ros.structures import ImageArray

SIZES_WH = ((640, 480), (1280, 720))


class Counter:
    """Counts in a separate thread, as fast as the interpreter allows."""

    def __init__(self) -> None:
        self.count = 0
        self._going = True

    def run(self) -> None:
        """Count until ``stop``."""
        while self._going:
            self.count += 1

    def stop(self) -> None:
        """End ``run``."""
        self._going = False


@contextmanager
def counting() -> Iterator[Counter]:
    """Count while the block runs."""
    counter = Counter()
    thread = threading.Thread(target=counter.run)
    thread.start()
    try:
        yield counter
    finally:
        counter.stop()
        thread.join()


def scene(size_wh: tuple[int, int], with_face: bool) -> ImageArray:
    """Return a soft pattern, with or without the portrait in its middle."""
    width, height = size_wh
    noise = np.random.default_rng(0).normal(128, 40, (height // 16, width // 16))
    soft = cv2.resize(noise.clip(0, 255).astype(np.uint8), size_wh, interpolation=cv2.INTER_CUBIC)
    image = np.asarray(soft, np.uint8)
    if with_face:
        portrait = np.asarray(cv2.imread(str(PORTRAIT), cv2.IMREAD_GRAYSCALE), np.uint8)
        side = min(len(portrait), height - 40)
        x, y = (width - side) // 2, (height - side) // 2
        image[y : y + side, x : x + side] = portrait[:side, :side]
    return image


def search_ms(
    detectors: dict[str, FaceDetector], gray: ImageArray, rounds: int
) -> dict[str, float]:
    """Return the median time of a search in milliseconds for each detector, measured in turns."""
    took: dict[str, list[float]] = {name: [] for name in detectors}
    for _ in range(rounds):
        for name, detector in detectors.items():
            start_s = time.perf_counter()
            detector.detect(gray)
            took[name].append(1000 * (time.perf_counter() - start_s))
    return {name: statistics.median(times) for name, times in took.items()}


def others_share(detector: FaceDetector, gray: ImageArray, seconds: float) -> float:
    """Return the speed of another thread during searches, as a share of its speed alone."""

    def counted(work: bool) -> float:
        with counting() as counter:
            start_s, first = time.perf_counter(), counter.count
            while (elapsed_s := time.perf_counter() - start_s) < seconds:
                if work:
                    detector.detect(gray)
                else:
                    time.sleep(seconds / 10)
            return (counter.count - first) / elapsed_s

    shares = [counted(True) / counted(False) for _ in range(3)]
    return statistics.median(shares)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--yunet', type=Path, nargs='*', default=[], help='YuNet model files')
    options.add_argument('--rounds', type=int, default=30, help='searches per detector and image')
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    detectors = load_detectors(chosen.yunet)
    for size_wh in SIZES_WH:
        for with_face in (True, False):
            print(f'{size_wh[0]} x {size_wh[1]}, {"a face" if with_face else "nobody"}, ms')
            for name, took in search_ms(
                detectors, scene(size_wh, with_face), chosen.rounds
            ).items():
                print(f'    {name:<40}{took:6.1f}')
    print('speed of another thread during searches, %')
    for name, detector in detectors.items():
        share = others_share(detector, scene(SIZES_WH[0], True), 1.0)
        print(f'    {name:<40}{100 * share:6.0f}')


if __name__ == '__main__':
    main()
