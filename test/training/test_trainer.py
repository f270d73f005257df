import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from dataclasses import replace

from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError, ModelFileError, SettingError
from fer_ros.evaluation.predictions import aligned_faces, ask
from fer_ros.inference.config import ModelConfig
from fer_ros.models import load_classifier
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.training.augment import mirror
from fer_ros.training.config import TrainConfig, read_train_config
from fer_ros.training.data_parallel import Rank
from fer_ros.training.face_dataset import draw_weights
from fer_ros.training.teachers import taught
from fer_ros.training.train import train
from fer_ros.training.trainer import Trainer

CONFIG = TrainConfig(
    model=ModelConfig(
        cnn_channels=(4, 8, 8), cnn_blocks=(1, 1, 1), hidden_channels=8, gat_layers=1, heads=2
    ),
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


def on_both_sides(model, faces):
    """What a model says of faces and of their mirror images, averaged."""
    classifier = load_classifier(model, 'torch')
    stream, aligned = (
        classifier.config.stream,
        list(aligned_faces(faces, classifier.config.crop_px)),
    )
    a, b = (ask(classifier, side, [stream])[stream] for side in (aligned, map(mirror, aligned)))
    return (a + b) / 2


def weights(out):
    return load_checkpoint(out / 'model.safetensors').model.state_dict()


def test_training_leaves_a_checkpoint_with_the_data_classes_and_figures(faces, tmp_path):
    config = replace(CONFIG, epochs=12, learning_rate=0.01)
    Trainer(config, faces, faces, tmp_path).fit(progress=False)
    checkpoint = load_checkpoint(tmp_path / 'model.safetensors')
    assert checkpoint.model.config.classes == ('smile', 'hidden')
    assert checkpoint.figures['validation_accuracy'] >= 0.9
    assert len((tmp_path / 'metrics.csv').read_text().splitlines()) == 13
    names = {path.name for path in tmp_path.iterdir()}
    assert {
        'model.onnx',
        'model.int8.onnx',
        'curve.png',
        'tensorboard',
        'last.safetensors',
    } <= names


def test_same_command_gives_the_same_model(faces, tmp_path):
    for name in 'ab':
        Trainer(CONFIG, faces, faces, tmp_path / name).fit(progress=False)
    a, b = weights(tmp_path / 'a'), weights(tmp_path / 'b')
    assert all((a[key] == b[key]).all() for key in a)


def test_stopped_and_resumed_run_gives_the_same_model(faces, tmp_path):
    Trainer(CONFIG, faces, faces, tmp_path / 'whole').fit(progress=False)
    stopped = Trainer(CONFIG, faces, faces, tmp_path / 'parts')
    close = stopped._close_epoch

    def close_and_stop(*arguments):
        close(*arguments)
        raise KeyboardInterrupt

    stopped._close_epoch = close_and_stop
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(progress=False)
    resumed = Trainer(CONFIG, faces, faces, tmp_path / 'parts')
    assert resumed.epoch == 1
    resumed.fit(progress=False)
    whole = Trainer(CONFIG, faces, faces, tmp_path / 'whole')
    for key, value in whole.learner.state_dict().items():
        assert (value == resumed.learner.state_dict()[key]).all(), key
    files = [tmp_path / name / 'metrics.csv' for name in ('whole', 'parts')]
    assert files[0].read_text() == files[1].read_text()


def test_other_settings_in_the_same_folder_are_refused(faces, tmp_path):
    Trainer(replace(CONFIG, epochs=1), faces, faces, tmp_path).fit(progress=False)
    with pytest.raises(SettingError, match='holds a training with other settings'):
        Trainer(replace(CONFIG, epochs=1, seed=2), faces, faces, tmp_path)


def test_other_data_in_the_same_folder_are_refused(faces, tmp_path):
    Trainer(replace(CONFIG, epochs=1), faces, faces, tmp_path).fit(progress=False)
    fewer = faces.select(np.arange(20))
    with pytest.raises(SettingError, match='holds a training with other data'):
        Trainer(replace(CONFIG, epochs=1), fewer, faces, tmp_path)


def test_onnx_and_safetensors_of_a_training_answer_alike(faces, tmp_path):
    Trainer(CONFIG, faces, faces, tmp_path).fit(progress=False)
    aligned = list(aligned_faces(faces, 48))
    a, b = (
        ask(load_classifier(tmp_path / 'model.onnx', backend), aligned, ['fused'])['fused']
        for backend in ('onnx', 'torch')
    )
    assert a == pytest.approx(b, abs=1e-5)


def test_short_training_is_not_left_at_its_random_start(faces, tmp_path):
    trainer = Trainer(replace(CONFIG, ema_decay=0.999), faces, faces, tmp_path)
    begin = trainer.average.cnn_classifier[-1].weight.clone()
    trainer.fit(progress=False)
    moved = (trainer.average.cnn_classifier[-1].weight - begin).norm()
    assert moved > 0.3 * (trainer.learner.model.cnn_classifier[-1].weight - begin).norm()


def test_classes_of_the_configuration_have_to_be_those_of_the_data(faces, tmp_path):
    config = replace(CONFIG, model=replace(CONFIG.model, classes=('x', 'y')))
    with pytest.raises(SettingError, match='model classes are x, y, those of the data smile'):
        Trainer(config, faces, faces, tmp_path)


def test_class_without_a_face_is_refused_before_training(faces, tmp_path):
    lonely = FaceSet(
        faces.images,
        faces.landmarks_px,
        np.eye(3, dtype=np.float32)[faces.labels()],
        ('smile', 'hidden', 'never'),
    )
    with pytest.raises(DatasetError, match='no face of the class never'):
        Trainer(CONFIG, lonely, lonely, tmp_path)


def test_second_labels_are_learned_and_leave_no_trace_in_the_model(faces, tmp_path):
    plain = Trainer(CONFIG, faces, faces, tmp_path / 'plain')
    twice = replace(faces, second_labels=faces.labels() * 2)
    trainer = Trainer(CONFIG, twice, faces, tmp_path / 'twice')
    trainer.fit(progress=False)
    assert trainer.learner.second.weight.shape == (3, plain.learner.model.num_features)
    assert weights(tmp_path / 'twice').keys() == plain.learner.model.state_dict().keys()


def test_training_can_start_from_a_checkpoint(faces, tmp_path):
    Trainer(CONFIG, faces, faces, tmp_path / 'first').fit(progress=False)
    config = replace(CONFIG, init=str(tmp_path / 'first' / 'best.safetensors'), seed=9)
    trainer = Trainer(config, faces, faces, tmp_path / 'second')
    expected = load_checkpoint(tmp_path / 'first' / 'best.safetensors').model.state_dict()
    for key, value in trainer.learner.model.state_dict().items():
        assert (value == expected[key]).all(), key


def test_teacher_shares_in_the_targets_of_faces_and_mirror_images(faces, tmp_path):
    Trainer(replace(CONFIG, epochs=1), faces, faces, tmp_path).fit(progress=False)
    teacher = tmp_path / 'model.safetensors'
    both = on_both_sides(teacher, faces)
    learned = taught(faces, [teacher], 0.25, progress=False)
    assert learned.targets == pytest.approx(0.75 * faces.targets + 0.25 * both, abs=1e-5)
    assert learned.targets.dtype == np.float32


def test_teachers_of_different_kinds_share_alike(faces, tmp_path):
    larger = replace(CONFIG.model, stream='cnn', crop_px=64)
    configs = {'a': CONFIG, 'b': replace(CONFIG, model=larger)}
    teachers = [tmp_path / name / 'model.safetensors' for name in configs]
    for name, config in configs.items():
        Trainer(replace(config, epochs=1), faces, faces, tmp_path / name).fit(progress=False)
    expected = sum(on_both_sides(teacher, faces) for teacher in teachers) / 2
    learned = taught(faces, teachers, 1.0, progress=False)
    assert learned.targets == pytest.approx(expected, abs=1e-5)


def test_kept_model_may_share_weights_with_the_one_it_started_from(faces, tmp_path):
    Trainer(CONFIG, faces, faces, tmp_path / 'first').fit(progress=False)
    init = tmp_path / 'first' / 'best.safetensors'
    config = replace(CONFIG, init=str(init), init_share=1.0, logit_adjustment=0)
    Trainer(config, faces, faces, tmp_path / 'second').fit(progress=False)
    expected = load_checkpoint(init).model.cnn.state_dict()
    kept = load_checkpoint(tmp_path / 'second' / 'model.safetensors').model.cnn.state_dict()
    for key in (key for key in expected if not key.endswith('num_batches_tracked')):
        torch.testing.assert_close(kept[key], expected[key], rtol=1e-2, atol=1e-3)


def test_teacher_that_does_not_know_a_class_is_refused(faces, tmp_path):
    Trainer(replace(CONFIG, epochs=1), faces, faces, tmp_path).fit(progress=False)
    other = replace(faces, classes=('smile', 'anger'))
    with pytest.raises(DatasetError, match='does not know the class anger of the data'):
        taught(other, [tmp_path / 'model.safetensors'], 0.5, progress=False)


def test_checkpoint_of_another_fold_has_seen_the_test_actors_and_is_refused(faces, tmp_path):
    about = {'dataset': 'crema_d', 'fold': 2}
    once = replace(CONFIG, epochs=1)
    Trainer(once, faces, faces, tmp_path / 'a', about=about).fit(progress=False)
    known = str(tmp_path / 'a' / 'model.safetensors')
    for config in (replace(once, init=known), replace(once, teachers=(known,))):
        Trainer(config, faces, faces, tmp_path / 'same', about=about)
        with pytest.raises(SettingError, match='fold 2 of CREMA-D and has seen the test actors'):
            Trainer(config, faces, faces, tmp_path / 'b', about={**about, 'fold': 1})


def test_other_teacher_in_the_same_folder_is_refused(faces, tmp_path):
    once = replace(CONFIG, epochs=1)
    teacher = tmp_path / 'a' / 'model.safetensors'
    Trainer(once, faces, faces, tmp_path / 'a').fit(progress=False)
    Trainer(replace(once, seed=2), faces, faces, tmp_path / 'b').fit(progress=False)
    taught_by_a = replace(once, teachers=(str(teacher),))
    Trainer(taught_by_a, faces, faces, tmp_path / 'c').fit(progress=False)
    teacher.write_bytes((tmp_path / 'b' / 'model.safetensors').read_bytes())
    with pytest.raises(SettingError, match='holds a training with other checkpoints'):
        Trainer(taught_by_a, faces, faces, tmp_path / 'c')


def test_bfloat16_is_used_where_the_processor_has_it_and_weights_stay_float32(
    faces, tmp_path, monkeypatch
):
    kept = {}
    for name, able in (('mixed', {'amx_bf16': True}), ('whole', {})):
        monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda able=able: able)
        Trainer(replace(CONFIG, epochs=1), faces, faces, tmp_path / name).fit(progress=False)
        kept[name] = load_checkpoint(tmp_path / name / 'best.safetensors').model.state_dict()
    mixed, whole = (kept[name]['cnn_classifier.2.weight'] for name in kept)
    assert mixed.dtype == torch.float32
    assert 0 < (mixed - whole).abs().max() < 0.01


@pytest.mark.parametrize(
    ('config', 'threads', 'kind', 'sentence'),
    [
        (TrainConfig(init='no.safetensors'), 0, ModelFileError, 'no.safetensors does not exist'),
        (TrainConfig(teachers=('no.safetensors',)), 0, ModelFileError, 'no.safetensors does not'),
        (TrainConfig(), -3, SettingError, 'threads is -3, allowed are 0 and more'),
    ],
)
def test_what_is_missing_is_said_before_the_data_are_read(
    tmp_path, config, threads, kind, sentence
):
    with pytest.raises(kind, match=sentence):
        train(config, tmp_path / 'no data', tmp_path / 'out', threads=threads)


def test_no_face_to_validate_by_is_refused(faces, tmp_path):
    with pytest.raises(DatasetError, match='the validation data has no face'):
        Trainer(CONFIG, faces, faces.select(np.arange(0)), tmp_path)


def test_batch_that_the_processes_cannot_share_out_is_refused(faces, tmp_path):
    with pytest.raises(SettingError, match='batch_size is 8, needed is a multiple of 3 processes'):
        Trainer(CONFIG, faces, faces, tmp_path, rank=Rank(0, 3))


def test_rare_classes_are_drawn_more_often_by_the_balance(faces):
    three_to_one = faces.select(np.array([0, 2, 4, 1]))
    assert draw_weights(three_to_one, 0.0).tolist() == [1, 1, 1, 1]
    common, rare = draw_weights(three_to_one, 1.0)[[0, 3]]
    assert rare / common == pytest.approx(3)


def test_fewer_faces_than_a_batch_are_refused(faces, tmp_path):
    with pytest.raises(DatasetError, match='has 24 faces, batch_size is 32: choose a smaller one'):
        Trainer(replace(CONFIG, batch_size=32), faces, faces, tmp_path)


def test_configuration_file_of_the_project_has_the_defaults():
    from pathlib import Path

    path = Path(__file__).parent.parent.parent / 'config' / 'train.yaml'
    assert read_train_config(path) == TrainConfig()


def test_last_training_goes_on_from_the_first_and_learns_from_it_and_a_larger_one():
    from pathlib import Path

    folder = Path(__file__).parent.parent.parent / 'config'
    config = read_train_config(folder / 'refine.yaml')
    larger = read_train_config(folder / 'teacher.yaml')
    first, second = (f'runs/{name}/model.safetensors' for name in ('ferplus', 'teacher'))
    assert (larger.teachers, config.teachers) == ((first,), (first, second))
    assert Path(config.init).parent == Path(first).parent
    assert config.model == TrainConfig().model
    assert larger.model.crop_px > config.model.crop_px


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('epoch: 3', "setting 'epoch' is unknown"),
        ('epochs: 0', 'epochs is 0, allowed are 1 to 10000'),
        ('epochs: many', "epochs is 'many', needed is a whole number"),
        ('model: {stream: rnn}', "stream is 'rnn'"),
        ('augment: {zoom: 2}', "setting 'zoom' is unknown"),
        ('augment: {cover: 2}', 'augment cover is 2, allowed are 0 to 1'),
        ('augment: {noise: much}', "augment noise is 'much', needed is a number"),
        ('epochs: 1.5', 'epochs is 1.5, needed is a whole number'),
        ('model: 3', 'model is no list of'),
        ('model: {cnn_channels: many}', "cnn_channels is 'many', needed are whole numbers from 1"),
        ('model: {dropout: 1}', 'dropout is 1, allowed are 0 to below 1'),
        ('init: 3', 'init is 3, needed is the path of a checkpoint'),
        ('teachers: a.safetensors', "teachers is 'a.safetensors', needed is a list of paths"),
        ('teachers: [3]', 'needed is a list of paths of checkpoints'),
        ('mixed_precision: 1', 'mixed_precision is 1, allowed are true and false'),
        ('init_share: 0.5', 'init_share is 0.5, but init names no checkpoint'),
        ('teacher_share: 2', 'teacher_share is 2, allowed are 0 to 1'),
        ('fold: 6', 'fold is 6, allowed are 1 to 5'),
        ('warmup_epochs: 90', 'warmup_epochs is 90, allowed are 0 to 42'),
        ('- epochs', 'is no list of "setting: value" lines'),
        ('{', 'cannot be read'),
    ],
)
def test_wrong_configuration_is_refused(tmp_path, text, sentence):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SettingError, match=sentence):
        read_train_config(tmp_path / 'c.yaml')
