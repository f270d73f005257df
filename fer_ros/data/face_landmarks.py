"""Landmarks for data sets of face crops, made once and kept in a cache."""

import hashlib
import os
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from fer_ros.atomic_file import atomic_file
from fer_ros.face_detector import FaceDetector
from fer_ros.face_landmarks import LandmarkPredictor
from fer_ros.structures import FaceBox, FloatArray, ImageArray

# The landmark model gives whole pixels; on a face of this size they are fine enough.
FACE_PX = 192
_MARGIN_PX = FACE_PX // 4
_CHUNK = 500
# Part of every cache key: a change of the method makes the cache anew.
_METHOD = f'dlib-68 face={FACE_PX} margin={_MARGIN_PX} v1'

_stages: tuple[FaceDetector, LandmarkPredictor] | None = None


def landmark_face_crops(
    images: ImageArray, cache: Path, workers: int | None = None, progress: bool = True
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the landmarks of images that each show one face, roughly centred.

    Where the detector finds no face the whole image is the face box; no image is left out.
    Finished parts are kept in ``cache`` under a hash of their pixels, so that an interrupted call
    goes on where it stopped and a later one is fast.

    Args:
        images: ``(N, H, W)`` uint8 gray.
        cache: Folder, made if missing.
        workers: Processes; all processors when None.
        progress: Whether to draw a progress bar.

    Returns:
        ``(N, 68, 2)`` float32 landmarks in image pixels, and ``(N,)`` whether a face was detected.

    Raises:
        ModelFileError: There is no landmark model.
    """
    cache.mkdir(parents=True, exist_ok=True)
    # A missing landmark model is found out here and not once in every worker.
    LandmarkPredictor()
    chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
    files = [cache / f'{_key(chunk)}.npz' for chunk in chunks]
    todo = [(chunk, file) for chunk, file in zip(chunks, files, strict=True) if not file.is_file()]
    bar = tqdm(
        total=len(images),
        initial=len(images) - sum(len(chunk) for chunk, _ in todo),
        desc='landmarks',
        unit='face',
        disable=not progress,
    )
    with bar:
        for count in _work(todo, workers or os.cpu_count() or 1):
            bar.update(count)
    parts = [np.load(file) for file in files]
    landmarks = np.concatenate([part['landmarks_px'] for part in parts])
    detected = np.concatenate([part['detected'] for part in parts])
    return landmarks, detected


def _work(todo: list[tuple[ImageArray, Path]], workers: int) -> Iterator[int]:
    if not todo:
        return
    with get_context('spawn').Pool(min(workers, len(todo)), _load_stages) as pool:
        yield from pool.imap_unordered(_landmark_chunk, todo)


def _key(chunk: ImageArray) -> str:
    digest = hashlib.sha256(f'{_METHOD} {chunk.shape}'.encode())
    digest.update(chunk.tobytes())
    return digest.hexdigest()[:32]


def _load_stages() -> None:
    global _stages
    cv2.setNumThreads(1)
    _stages = FaceDetector(), LandmarkPredictor()


def _landmark_chunk(task: tuple[ImageArray, Path]) -> int:
    images, file = task
    assert _stages is not None
    results = [_landmark(image, *_stages) for image in images]
    with atomic_file(file) as aside, aside.open('wb') as stream:
        np.savez(
            stream,
            landmarks_px=np.stack([landmarks for landmarks, _ in results]),
            detected=np.array([detected for _, detected in results]),
        )
    return len(images)


def _landmark(
    image: ImageArray, detector: FaceDetector, predictor: LandmarkPredictor
) -> tuple[FloatArray, bool]:
    height, width = image.shape
    scale = FACE_PX / min(height, width)
    size_wh = round(width * scale), round(height * scale)
    face = cv2.resize(image, size_wh, interpolation=cv2.INTER_CUBIC)
    # Crops are often tighter than the detector's window; a margin lets it look past their edge.
    bordered = cv2.copyMakeBorder(
        face, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX, cv2.BORDER_REPLICATE
    )
    searched = np.asarray(bordered, np.uint8)
    whole = FaceBox(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX + size_wh[0], _MARGIN_PX + size_wh[1])
    boxes = [box for box in detector.detect(searched) if box.iou(whole) > 0.3]
    if boxes:
        landmarks = predictor.predict(searched, boxes[0])
    else:
        rough = predictor.predict(searched, whole)
        landmarks = predictor.predict(searched, rough.following_box())
    return (landmarks.points_px - _MARGIN_PX) / np.float32(scale), bool(boxes)
