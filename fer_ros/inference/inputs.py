"""Aligned faces → model input, shared by training and inference."""

from collections.abc import Sequence

import numpy as np

from fer_ros.face.graph import node_features
from fer_ros.face.landmark_layout import mirrored_landmarks
from fer_ros.structures import AlignedFace, ModelInput


def make_batch(faces: Sequence[AlignedFace]) -> ModelInput:
    """Return the model's input for one or more faces.

    Each crop is normalised to mean 0 and standard deviation 1, which removes brightness and
    contrast.

    Raises:
        ValueError: ``faces`` is empty, or the crops differ in size.
    """
    if not faces:
        raise ValueError('make_batch needs at least one face')
    crops = np.stack([face.crop for face in faces]).astype(np.float32)
    crops -= crops.mean(axis=(1, 2), keepdims=True)
    # A uniform crop has no contrast to normalise; a floor of one gray level keeps it at zero.
    crops /= np.maximum(crops.std(axis=(1, 2), keepdims=True), 1.0)
    nodes = node_features(np.stack([face.landmarks_norm for face in faces]))
    return ModelInput(crops[:, None], nodes)


def mirrored(batch: ModelInput) -> ModelInput:
    """Return the mirror images, equal to ``make_batch`` of mirrored faces."""
    # The first two features of a node are its position, from which the others follow.
    landmarks = mirrored_landmarks(batch.nodes[..., :2])
    return ModelInput(np.ascontiguousarray(batch.crops[..., ::-1]), node_features(landmarks))
