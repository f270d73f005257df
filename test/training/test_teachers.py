import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from dataclasses import replace

import numpy as np
from small_training import CONFIG, ONE_EPOCH, small_trainer

from fer_ros.data.face_set import one_hot
from fer_ros.data.joined_sets import join_sets
from fer_ros.evaluation.predictions import aligned_faces, ask
from fer_ros.models import load_classifier
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.training.augment import mirror
from fer_ros.training.sources import Source
from fer_ros.training.teachers import taught


def on_both_sides(model, faces):
    """Answers of a model, averaged over faces and their mirror images."""
    classifier = load_classifier(model, 'torch')
    stream, aligned = (
        classifier.config.stream,
        list(aligned_faces(faces, classifier.config.crop_px)),
    )
    a, b = (ask(classifier, side, [stream])[stream] for side in (aligned, map(mirror, aligned)))
    return (a + b) / 2


def source(path):
    return Source(path, load_checkpoint(path))


def learned_from(faces, teachers, share, cache, views=2):
    return taught(faces, [source(path) for path in teachers], share, views, cache, progress=False)


@pytest.fixture
def teacher(faces, tmp_path):
    small_trainer(faces, tmp_path, ONE_EPOCH).fit(progress=False)
    return tmp_path / 'model.safetensors'


def test_teacher_answers_for_face_and_mirror_image_are_mixed_into_targets(
    faces, teacher, tmp_path
):
    both = on_both_sides(teacher, faces)
    learned = learned_from(faces, [teacher], 0.25, tmp_path / 'answers')
    assert learned.targets == pytest.approx(0.75 * faces.targets + 0.25 * both, abs=1e-5)
    assert learned.targets.dtype == np.float32


def test_teachers_of_different_architectures_count_equally(faces, tmp_path):
    larger = replace(CONFIG.model, stream='cnn', crop_px=64)
    configs = {'a': CONFIG, 'b': replace(CONFIG, model=larger)}
    teachers = [tmp_path / name / 'model.safetensors' for name in configs]
    for name, config in configs.items():
        small_trainer(faces, tmp_path / name, replace(config, epochs=1)).fit(progress=False)
    expected = sum(on_both_sides(teacher, faces) for teacher in teachers) / 2
    learned = learned_from(faces, teachers, 1.0, tmp_path / 'answers')
    assert learned.targets == pytest.approx(expected, abs=1e-5)


def test_more_views_give_different_but_reproducible_answers(faces, teacher, tmp_path):
    two = learned_from(faces, [teacher], 1.0, tmp_path / 'a')
    six, again = (learned_from(faces, [teacher], 1.0, tmp_path / name, 6) for name in 'bc')
    assert six.targets.tolist() == again.targets.tolist()
    assert six.targets.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert 1e-6 < np.abs(six.targets - two.targets).max() < 0.3


def test_cached_answers_are_reused(faces, teacher, tmp_path):
    first = learned_from(faces, [teacher], 1.0, tmp_path / 'answers')
    mute = source(teacher)
    for weights in mute.checkpoint.model.parameters():
        torch.nn.init.constant_(weights, float('nan'))
    again = taught(faces, [mute], 1.0, 2, tmp_path / 'answers', progress=False)
    assert again.targets.tolist() == first.targets.tolist()


def test_second_labels_are_taught_only_where_they_exist(faces, tmp_path):
    second = one_hot(faces.labels(), 2) * (np.arange(24) < 20)[:, None]
    twice = replace(faces, second_targets=second.astype(np.float32), second_classes=faces.classes)
    small_trainer(twice, tmp_path, ONE_EPOCH).fit(progress=False)
    # The kept model no longer has a second classifier.
    kept = learned_from(twice, [tmp_path / 'model.safetensors'], 0.5, tmp_path / 'answers')
    assert kept.second_targets.tolist() == second.tolist()
    learned = learned_from(twice, [tmp_path / 'best.safetensors'], 0.5, tmp_path / 'answers')
    assert learned.second_targets[:20].sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (learned.second_targets[:20].max(axis=1) < 1).all()
    assert (learned.second_targets[20:] == 0).all()


def test_taught_targets_are_zero_for_classes_missing_from_the_data_set(faces, tmp_path):
    joined = join_sets([faces, replace(faces, classes=('smile', 'third'))])
    small_trainer(joined, tmp_path, ONE_EPOCH).fit(progress=False)
    model = tmp_path / 'model.safetensors'
    learned = learned_from(joined, [model], 1.0, tmp_path / 'answers')
    assert (learned.targets[~joined.known_classes] == 0).all()
    assert learned.targets.sum(axis=1) == pytest.approx(np.ones(48), abs=1e-5)
