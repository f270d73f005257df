"""DisturbedFaces: the pictures of ``quality_pictures``, aligned and cached."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache as once

import numpy as np
import numpy.typing as npt

from benchmarks.quality_pictures import Disturbed, fitted_pictures, shown_pictures
from fer_ros.data.cache import CACHE, Arrays, cache_key, load_prepared, prepare
from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import Still
from fer_ros.face.alignment import align_face
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.structures import AlignedFace, FloatArray, ImageArray, Landmarks

# Part of every cache key, so that a change of the pictures invalidates the cache.
_METHOD = 'quality pictures 1'
_CHUNK = 50


@dataclass(frozen=True, eq=False)
class DisturbedFaces:
    """Faces under disturbances.

    Attributes:
        crops: ``(N, S, S)`` uint8 aligned crops.
        landmarks_norm: ``(N, 68, 2)`` landmarks in the crops.
        landmarks_px: ``(N, 68, 2)`` landmarks in pixels of the pictures.
        sides_px: ``(N,)`` widths of the pictures.
        kinds: ``(N,)`` name of the disturbance.
        is_face: ``(N,)`` whether there is a face where the landmarks are.
        stills: ``(N,)`` index of the still from which the picture was made.
    """

    crops: ImageArray
    landmarks_norm: FloatArray
    landmarks_px: FloatArray
    sides_px: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.str_]
    is_face: npt.NDArray[np.bool_]
    stills: npt.NDArray[np.int64]

    def aligned(self) -> Iterator[AlignedFace]:
        """Yield the faces as aligned faces."""
        for crop, points in zip(self.crops, self.landmarks_norm, strict=True):
            yield AlignedFace(crop, points)


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Some stills and everything needed to disturb them."""

    images: ImageArray
    landmarks_px: FloatArray
    others: ImageArray
    stills: npt.NDArray[np.int64]
    fitted: bool
    crop_px: int


def disturbed_faces(faces: FaceSet, fitted: bool, crop_px: int, limit: int) -> DisturbedFaces:
    """Return disturbed faces made of stills.

    Args:
        faces: The stills.
        fitted: Whether to disturb them as for the fit, or in the other ways.
        crop_px: Side of the aligned crops.
        limit: Largest number of stills, chosen at random.
    """
    order = np.random.default_rng(0).permutation(len(faces))[:limit]
    chunks = [order[start : start + _CHUNK] for start in range(0, len(order), _CHUNK)]
    tasks = {}
    for chosen in chunks:
        images, others = faces.images[chosen], faces.images[np.roll(chosen, 1)]
        points = faces.landmarks_px[chosen]
        method = f'{_METHOD} {fitted} {crop_px} {images.shape}'
        key = cache_key(method, images.tobytes(), points.tobytes(), chosen.tobytes())
        tasks[key] = _Chunk(images, points, others, chosen, fitted, crop_px)
    sizes = {key: len(chunk.stills) for key, chunk in tasks.items()}
    prepare(_disturb, tasks, CACHE, 'disturbed faces', sizes)
    parts = [load_prepared(CACHE, key) for key in tasks]
    return DisturbedFaces(**{name: np.concatenate([p[name] for p in parts]) for name in parts[0]})


@once
def _predictor() -> LandmarkPredictor:
    return LandmarkPredictor()


def _disturb(chunk: _Chunk) -> Arrays:
    rows: list[tuple[int, Disturbed]] = []
    for place, number in enumerate(chunk.stills.tolist()):
        still = Still(chunk.images[place], Landmarks(chunk.landmarks_px[place]))
        rng = np.random.default_rng((int(chunk.fitted), number))
        made = (
            fitted_pictures(still, rng, _predictor())
            if chunk.fitted
            else shown_pictures(still, chunk.others[place], rng, _predictor())
        )
        rows += [(number, one) for one in made]
    aligned = [align_face(one.gray, one.landmarks, chunk.crop_px) for _, one in rows]
    return {
        'crops': np.array([face.crop for face in aligned]),
        'landmarks_norm': np.array([face.landmarks_norm for face in aligned]),
        'landmarks_px': np.array([one.landmarks.points_px for _, one in rows]),
        'sides_px': np.array([one.gray.shape[1] for _, one in rows]),
        'kinds': np.array([one.kind for _, one in rows]),
        'is_face': np.array([one.face for _, one in rows]),
        'stills': np.array([number for number, _ in rows]),
    }
