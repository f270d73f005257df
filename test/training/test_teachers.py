import pytest

pytest.importorskip('torch_geometric')

from dataclasses import replace

import numpy as np
from small_training import CONFIG, ONE_EPOCH, small_trainer

from fer_ros.evaluation.predictions import aligned_faces, ask
from fer_ros.models import load_classifier
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.training.augment import mirror
from fer_ros.training.sources import Source
from fer_ros.training.teachers import taught


def on_both_sides(model, faces):
    """What a model says of faces and of their mirror images, averaged."""
    classifier = load_classifier(model, 'torch')
    stream, aligned = (
        classifier.config.stream,
        list(aligned_faces(faces, classifier.config.crop_px)),
    )
    a, b = (ask(classifier, side, [stream])[stream] for side in (aligned, map(mirror, aligned)))
    return (a + b) / 2


def source(path):
    return Source(path, load_checkpoint(path))


def test_teacher_shares_in_the_targets_of_faces_and_mirror_images(faces, tmp_path):
    small_trainer(faces, tmp_path, ONE_EPOCH).fit(progress=False)
    teacher = tmp_path / 'model.safetensors'
    both = on_both_sides(teacher, faces)
    learned = taught(faces, [source(teacher)], 0.25, progress=False)
    assert learned.targets == pytest.approx(0.75 * faces.targets + 0.25 * both, abs=1e-5)
    assert learned.targets.dtype == np.float32


def test_teachers_of_different_kinds_share_alike(faces, tmp_path):
    larger = replace(CONFIG.model, stream='cnn', crop_px=64)
    configs = {'a': CONFIG, 'b': replace(CONFIG, model=larger)}
    teachers = [tmp_path / name / 'model.safetensors' for name in configs]
    for name, config in configs.items():
        small_trainer(faces, tmp_path / name, replace(config, epochs=1)).fit(progress=False)
    expected = sum(on_both_sides(teacher, faces) for teacher in teachers) / 2
    learned = taught(faces, [source(teacher) for teacher in teachers], 1.0, progress=False)
    assert learned.targets == pytest.approx(expected, abs=1e-5)
