"""Recall of each detector by size and roll of the face, as a table and a plot.

    python -m benchmarks.detection --wild ../shared/data/wild --out detection

Pictures of faces are scaled and rotated around the face and put on a plain image of 640 x 480. A
picture is used if at least two detectors agree on its largest face; the width of the face is that
of dlib's box. The last lines give the recall on all pictures as they are.
"""

import argparse
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from fer_ros.errors import ModelFileError, SourceError
from fer_ros.face.detectors.choice import DETECTORS, load_detector
from fer_ros.face.detectors.detector import FaceDetector
from fer_ros.progress import ProgressBar
from fer_ros.structures import FaceBox, ImageArray

SIZE_WH = (640, 480)
FACES_PX = (20, 25, 30, 35, 40, 50, 60, 80, 120, 200, 300)
ROLLS_DEG = (0, 10, 20, 30, 40, 50, 60, 75, 90)
ROLLED_FACE_PX = 80
_PLAIN = 128
_SAME_IOU = 0.4

# Condition (face width in pixels, roll in degrees) → share of faces found.
Recall = dict[tuple[int, int], float]


@dataclass(frozen=True, eq=False)
class Face:
    """A picture and the box of its face."""

    gray: ImageArray
    box: FaceBox


def load_detectors(yunet: Sequence[Path]) -> dict[str, FaceDetector]:
    """Return the installed detectors by name, with a YuNet for each given file."""
    detectors: dict[str, FaceDetector] = {}
    for kind in DETECTORS[:0:-1]:
        try:
            if kind != 'yunet' or not yunet:
                detectors[kind] = load_detector(kind)
        except ModelFileError as error:
            print(f'without {kind}: {error}')
    for path in yunet:
        detectors[f'yunet, {path.stem}'] = load_detector('yunet', path)
    return detectors


def read_pictures(folder: Path, count: int) -> list[ImageArray]:
    """Return ``count`` evenly chosen pictures of a folder as gray images.

    Raises:
        SourceError: The folder has no pictures.
    """
    paths = sorted(path for path in folder.glob('*') if path.suffix in ('.jpg', '.png'))
    if not paths:
        raise SourceError(f'{folder} contains no pictures')
    chosen = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    images = [cv2.imread(str(paths[index]), cv2.IMREAD_GRAYSCALE) for index in chosen]
    return [np.asarray(image, np.uint8) for image in images if image is not None]


def find_face(gray: ImageArray, detectors: Mapping[str, FaceDetector]) -> Face | None:
    """Return a picture with its face, or ``None`` if no two kinds of detectors agree on it."""
    largest = {
        detector.name: max(boxes, key=lambda box: box.width_px)
        for detector in detectors.values()
        if (boxes := detector.detect(gray))
    }
    for box, other in itertools.combinations(largest.values(), 2):
        if box.iou(other) > _SAME_IOU:
            edges = [(getattr(box, e) + getattr(other, e)) / 2 for e in _EDGES]
            return Face(gray, FaceBox(*edges))
    return None


_EDGES = ('x0_px', 'y0_px', 'x1_px', 'y1_px')


def place(face: Face, face_px: int, roll_deg: int) -> ImageArray:
    """Return an image of ``SIZE_WH`` with the face in its middle, ``face_px`` wide and rolled."""
    scale = face_px / face.box.width_px
    picture = face.gray
    if scale < 1:
        # Average over all pixels of the picture, which warpAffine does not do.
        picture = np.asarray(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    done = picture.shape[1] / face.gray.shape[1]
    center = tuple(done * place for place in face.box.center_px)
    turn = cv2.getRotationMatrix2D(center, roll_deg, scale / done)
    turn[:, 2] += np.array(SIZE_WH) / 2 - center
    return np.asarray(cv2.warpAffine(picture, turn, SIZE_WH, borderValue=(_PLAIN,)), np.uint8)


def is_found(boxes: Sequence[FaceBox], face_px: int) -> bool:
    """Return whether the face placed by ``place`` is among the boxes."""
    x, y = SIZE_WH[0] / 2, SIZE_WH[1] / 2
    half = face_px / 2
    truth = FaceBox(x - half, y - half, x + half, y + half)
    return any(box.iou(truth) > _SAME_IOU for box in boxes)


def measure(
    detector: FaceDetector, faces: Sequence[Face], conditions: Sequence[tuple[int, int]]
) -> Recall:
    """Return the share of the faces that a detector finds, by width and roll."""
    return {
        (face_px, roll): float(
            np.mean([is_found(detector.detect(place(f, face_px, roll)), face_px) for f in faces])
        )
        for face_px, roll in ProgressBar(conditions, desc=detector.name, leave=False)
    }


def table(recalls: Mapping[str, Recall], conditions: Sequence[tuple[int, int]]) -> str:
    """Return recalls as a table of percentages, one line per detector."""
    columns = [f'{face_px} px, {roll}°' for face_px, roll in conditions]
    lines = [f'| {" | ".join(["", *columns])} |', '|---' * (len(columns) + 1) + '|']
    lines += [
        f'| {name} | ' + ' | '.join(f'{100 * recall[one]:.0f}' for one in conditions) + ' |'
        for name, recall in recalls.items()
    ]
    return '\n'.join(lines)


def draw(recalls: Mapping[str, Recall], path: Path) -> None:
    """Plot recall against size and against roll."""
    from matplotlib.figure import Figure

    figure = Figure((9, 3.4), layout='constrained')
    sizes, rolls = figure.subplots(1, 2, sharey=True)
    for name, recall in recalls.items():
        sizes.plot(FACES_PX, [100 * recall[px, 0] for px in FACES_PX], marker='.', label=name)
        shares = [100 * recall[ROLLED_FACE_PX, roll] for roll in ROLLS_DEG]
        rolls.plot(ROLLS_DEG, shares, marker='.')
    sizes.set(xscale='log', xlabel='width of the face, px of 640 x 480', ylabel='found, %')
    sizes.set_xticks(FACES_PX, [str(px) for px in FACES_PX], minor=False)
    sizes.minorticks_off()
    rolls.set(xlabel=f'roll of a face of {ROLLED_FACE_PX} px, degrees', xticks=ROLLS_DEG)
    for axes in (sizes, rolls):
        axes.grid(alpha=0.3)
    sizes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure, print and draw."""
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--wild', type=Path, required=True, help='folder of pictures of faces')
    options.add_argument('--yunet', type=Path, nargs='*', default=[], help='YuNet model files')
    options.add_argument('--count', type=int, default=200, help='number of pictures')
    options.add_argument('--out', type=Path, help='folder for the table and the plot')
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    detectors = load_detectors(chosen.yunet)
    pictures = read_pictures(chosen.wild, chosen.count)
    faces = [face for gray in pictures if (face := find_face(gray, detectors)) is not None]
    conditions = [(px, 0) for px in FACES_PX]
    conditions += [(ROLLED_FACE_PX, roll) for roll in ROLLS_DEG if roll]
    recalls = {name: measure(one, faces, conditions) for name, one in detectors.items()}
    whole = {
        name: float(np.mean([bool(one.detect(gray)) for gray in pictures]))
        for name, one in detectors.items()
    }
    text = '\n\n'.join(
        [
            f'recall in %, {len(faces)} faces from {len(pictures)} pictures, on 640 x 480',
            table(recalls, [(px, 0) for px in FACES_PX]),
            table(recalls, [(ROLLED_FACE_PX, roll) for roll in ROLLS_DEG]),
            f'pictures in which a face is found, % of {len(pictures)}',
            *(f'{name}: {100 * share:.1f}' for name, share in whole.items()),
        ]
    )
    print(text)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / 'detection.md').write_text(text + '\n', encoding='utf-8')
        draw(recalls, chosen.out / 'detection.png')


if __name__ == '__main__':
    main()
