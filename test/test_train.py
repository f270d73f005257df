import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from dataclasses import replace  # noqa: E402

from fer_ros.checkpoint import load_checkpoint  # noqa: E402
from fer_ros.data.face_set import FaceSet  # noqa: E402
from fer_ros.errors import DatasetError, SettingError  # noqa: E402
from fer_ros.model_config import ModelConfig  # noqa: E402
from fer_ros.train import Trainer  # noqa: E402
from fer_ros.train_config import TrainConfig, read_train_config  # noqa: E402

CONFIG = TrainConfig(
    model=ModelConfig(cnn_channels=(4, 8, 8), hidden_channels=8, gat_layers=1, heads=2),
    epochs=3,
    batch_size=8,
    ema_decay=0.5,
)


@pytest.fixture
def faces(portrait_gray, portrait_landmarks):
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


def weights(out):
    return load_checkpoint(out / 'best.safetensors').model.state_dict()


def test_training_leaves_a_checkpoint_with_the_data_classes_and_figures(faces, tmp_path):
    Trainer(CONFIG, faces, faces, tmp_path).fit(progress=False)
    checkpoint = load_checkpoint(tmp_path / 'best.safetensors')
    assert checkpoint.model.config.classes == ('smile', 'hidden')
    assert checkpoint.figures['validation_accuracy'] >= 0.5
    assert len((tmp_path / 'metrics.csv').read_text().splitlines()) == 4


def test_same_command_gives_the_same_model(faces, tmp_path):
    for name in 'ab':
        Trainer(CONFIG, faces, faces, tmp_path / name).fit(progress=False)
    a, b = weights(tmp_path / 'a'), weights(tmp_path / 'b')
    assert all((a[key] == b[key]).all() for key in a)


def test_stopped_and_resumed_run_gives_the_same_model(faces, tmp_path):
    Trainer(CONFIG, faces, faces, tmp_path / 'whole').fit(progress=False)
    stopped = Trainer(CONFIG, faces, faces, tmp_path / 'parts')
    stopped._train_epoch(progress=False)
    stopped.epoch += 1
    stopped._save_state()
    resumed = Trainer(CONFIG, faces, faces, tmp_path / 'parts')
    assert resumed.epoch == 1
    resumed.fit(progress=False)
    whole = Trainer(CONFIG, faces, faces, tmp_path / 'whole')
    for key, value in whole.model.state_dict().items():
        assert (value == resumed.model.state_dict()[key]).all(), key


def test_other_settings_in_the_same_folder_are_refused(faces, tmp_path):
    Trainer(replace(CONFIG, epochs=1), faces, faces, tmp_path).fit(progress=False)
    with pytest.raises(SettingError, match='holds a training with other settings'):
        Trainer(replace(CONFIG, epochs=1, seed=2), faces, faces, tmp_path)


def test_class_without_a_face_is_refused_before_training(faces, tmp_path):
    lonely = FaceSet(
        faces.images,
        faces.landmarks_px,
        np.eye(3, dtype=np.float32)[faces.labels()],
        ('smile', 'hidden', 'never'),
    )
    with pytest.raises(DatasetError, match='no face of the class never'):
        Trainer(CONFIG, lonely, lonely, tmp_path)


def test_configuration_file_of_the_project_has_the_defaults():
    from pathlib import Path

    path = Path(__file__).parent.parent / 'config' / 'train.yaml'
    assert read_train_config(path) == TrainConfig()


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('epoch: 3', "setting 'epoch' is unknown"),
        ('epochs: 0', 'epochs is 0, allowed are 1 to 10000'),
        ('epochs: many', "epochs is 'many', needed is a number"),
        ('model: {stream: rnn}', "stream is 'rnn'"),
        ('augment: {zoom: 2}', "setting 'zoom' is unknown"),
        ('warmup_epochs: 50', 'warmup_epochs is 50, allowed are 0 to 22'),
        ('- epochs', 'is no list of "setting: value" lines'),
        ('{', 'cannot be read'),
    ],
)
def test_wrong_configuration_is_refused(tmp_path, text, sentence):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SettingError, match=sentence):
        read_train_config(tmp_path / 'c.yaml')
