"""Landmarks for data sets of face crops and of pictures with a face, made once and cached."""

from functools import cache as once
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.data.prepared import Arrays, cache_key, load_prepared, prepare
from fer_ros.face_crop import crop_face, face_transform
from fer_ros.face_detector import FaceDetector
from fer_ros.face_landmarks import LandmarkPredictor
from fer_ros.structures import FaceBox, FloatArray, ImageArray, Landmarks

# The landmark model gives whole pixels; on a face of this size they are fine enough.
FACE_PX = 192
_MARGIN_PX = FACE_PX // 4
_CHUNK = 500
# Part of every cache key: a change of the method makes the cache anew.
_METHOD = f'dlib-68 face={FACE_PX} margin={_MARGIN_PX} v2'

CHIP_PX = 96
# Of the aligned crop's side: augmentation moves the crop and may not run out of picture.
CHIP_MARGIN = 1.5


@once
def stages() -> tuple[FaceDetector, LandmarkPredictor]:
    """Return this process's detector and landmark model, loaded at the first call.

    Raises:
        ModelFileError: There is no landmark model.
    """
    return FaceDetector(), LandmarkPredictor()


def landmark_face_crops(
    images: ImageArray, cache: Path, progress: bool = True
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the landmarks of images that each show one face, roughly centred.

    Where the detector finds no face the whole image is the face box; no image is left out.
    Finished parts are kept in ``cache`` under a hash of their pixels, so that an interrupted call
    goes on where it stopped and a later one is fast.

    Args:
        images: ``(N, H, W)`` uint8 gray.
        cache: Folder, made if missing.
        progress: Whether to draw a progress bar.

    Returns:
        ``(N, 68, 2)`` float32 landmarks in image pixels, and ``(N,)`` whether a face was detected.

    Raises:
        ModelFileError: There is no landmark model.
    """
    # A missing landmark model is found out here and not once in every process.
    LandmarkPredictor()
    chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
    keys = [cache_key(f'{_METHOD} {chunk.shape}', chunk.tobytes()) for chunk in chunks]
    tasks = dict(zip(keys, chunks, strict=True))
    sizes = {key: len(chunk) for key, chunk in tasks.items()}
    prepare(_landmark_chunk, tasks, cache, 'landmarks', sizes, progress)
    parts = [load_prepared(cache, key) for key in keys]
    landmarks = np.concatenate([part['landmarks_px'] for part in parts])
    detected = np.concatenate([part['detected'] for part in parts])
    return landmarks, detected


def landmark_picture(gray: ImageArray) -> tuple[Landmarks, bool]:
    """Return the landmarks of the largest face in a picture of any size, and whether it was found.

    Where none is found the whole picture is taken for a crop of a face.
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
    """Return what is kept of a picture for training.

    Returns:
        ``(CHIP_PX, CHIP_PX)`` uint8, the face upright with a margin, and ``(68, 2)`` float32 its
        landmarks in pixels of that.
    """
    face = crop_face(gray, landmarks, face_transform(landmarks) / CHIP_MARGIN, CHIP_PX)
    return face.crop, ((face.landmarks_norm + 1) * (CHIP_PX / 2) - 0.5).astype(np.float32)


def _landmark_chunk(images: ImageArray) -> Arrays:
    results = [_landmark(image) for image in images]
    return {
        'landmarks_px': np.stack([landmarks for landmarks, _ in results]),
        'detected': np.array([detected for _, detected in results]),
    }


def _landmark(image: ImageArray) -> tuple[FloatArray, bool]:
    detector, predictor = stages()
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
