"""A training that takes seconds: few faces, a small network."""

from dataclasses import replace

import numpy as np

from fer_ros.data.datasets import TrainingData
from fer_ros.data.face_set import FaceSet
from fer_ros.inference.config import ModelConfig
from fer_ros.training.config import TrainConfig
from fer_ros.training.trainer import Trainer

CONFIG = TrainConfig(
    model=ModelConfig(
        cnn_channels=(4, 8, 8), cnn_blocks=(1, 1, 1), hidden_channels=8, gat_layers=1, heads=2
    ),
    epochs=3,
    batch_size=8,
    ema_decay=0.5,
)

ONE_EPOCH = replace(CONFIG, epochs=1)


def make_faces(portrait_gray, portrait_landmarks):
    """24 dark and bright-mouthed pictures of the portrait in two classes."""
    images, landmarks = [], []
    for index in range(24):
        image = portrait_gray[:200, 100:340].copy()
        if index % 2:
            image[135:175, 90:160] = 20
        images.append(image)
        landmarks.append(portrait_landmarks.points_px - [100, 0])
    targets = np.eye(2, dtype=np.float32)[np.arange(24) % 2]
    return FaceSet(np.stack(images), np.float32(landmarks), targets, ('smile', 'hidden'))


def small_trainer(faces, out, config=CONFIG, validation=None, about=None, compute=None):
    """A training whose validation faces are, by default, its training faces."""
    data = TrainingData(faces, faces if validation is None else validation, about or {})
    return Trainer(config, data, out, compute)
