"""Tracking of people in clips: the share of images in which all faces are seen, and the ids used.

Run as ``python -m benchmarks.clips ../shared/data/clips/*.mkv …``; ``FILE:2`` means that two
people are in view all the time. Nothing in the package is fitted to these clips.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_ros.errors import FerError
from fer_ros.face.detectors.choice import DETECTORS, load_detector
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.face.observer import FaceObserver
from fer_ros.media.source_stream import source_stream
from fer_ros.messages.images import MAX_PIXELS
from fer_ros.progress import ProgressBar


@dataclass(frozen=True)
class ClipFigures:
    """Tracking results of one clip.

    Attributes:
        name: Name of the clip.
        people: Number of people, who are in view all the time.
        images: Number of images in the clip.
        complete: Number of images in which every person's face was seen.
        too_many: Number of images with more faces than people.
        ids: Number of ids assigned.
    """

    name: str
    people: int
    images: int
    complete: int
    too_many: int
    ids: int


def follow(path: Path, people: int, observer: FaceObserver) -> ClipFigures:
    """Track the people in a clip and return the results.

    Args:
        path: Path of the clip.
        people: Number of people, who are in view all the time.
        observer: New or reset observer.
    """
    stream = source_stream(str(path), MAX_PIXELS)
    counts, ids = [], set()
    for image in ProgressBar(stream.images, desc=path.name, unit='image', leave=False):
        seen = observer.observe(image.gray, image.stamp_s)
        counts.append(len(seen))
        ids |= {face.face.face_id for face in seen}
    faces = np.array(counts)
    return ClipFigures(
        path.name,
        people,
        len(faces),
        int((faces >= people).sum()),
        int((faces > people).sum()),
        len(ids),
    )


def show(clips: list[ClipFigures], detector: str) -> None:
    """Print a line per clip, and the totals."""
    print(f'\n{detector:<42}{"images":>8}{"all seen":>10}{"too many":>10}{"ids":>5}{"people":>8}')
    for clip in clips:
        share = f'{clip.complete / clip.images:.1%}'
        print(
            f'{clip.name:<42}{clip.images:>8}{share:>10}{clip.too_many:>10}{clip.ids:>5}'
            f'{clip.people:>8}'
        )
    images, complete, ids, people = (
        sum(getattr(clip, name) for clip in clips)
        for name in ('images', 'complete', 'ids', 'people')
    )
    print(
        f'all: every face in {complete / images:.2%} of {images} images; '
        f'{ids / people:.2f} ids per person'
    )


def main() -> None:
    """Track and print; a FerError ends the program with its message and exit code 1."""
    parser = argparse.ArgumentParser(description='Measure how well people are tracked in clips.')
    parser.add_argument('clips', nargs='+', metavar='FILE[:PEOPLE]')
    parser.add_argument('--detector', choices=DETECTORS, default='auto')
    parser.add_argument('--detector-model', default='', help='file for the detector yunet')
    options = parser.parse_args()
    try:
        detector = load_detector(options.detector, options.detector_model, 0)
        landmarks = LandmarkPredictor()
        figures = []
        for text in options.clips:
            name, _, people = text.partition(':')
            observer = FaceObserver(detector, landmarks, crop_px=48)
            figures.append(follow(Path(name), int(people or 1), observer))
        show(figures, detector.description)
    except FerError as error:
        sys.exit(f'benchmarks: {error}')


if __name__ == '__main__':
    main()
