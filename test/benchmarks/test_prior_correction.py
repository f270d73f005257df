import shutil
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('torch_geometric')

from benchmarks.prior_correction import (
    check_writable,
    curves,
    fitted_offsets,
    labelled_logits,
    means,
    with_known_labels,
    with_offsets_of_others,
    write,
)
from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.errors import SettingError
from fer_ros.evaluation.prior_curve import prior_curve
from fer_ros.inference.classifier import SHIPPED_MODEL, softmax
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.models import load_classifier


def drawn(count, seed, offset=0.0):
    """Return logits, and labels drawn from them after adding an offset to the last class."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (count, 3)).astype(np.float32)
    shown = logits + np.array([0, 0, offset]) + rng.gumbel(size=logits.shape)
    return logits, shown.argmax(axis=1)


def test_offset_of_a_class_that_people_show_less_clearly_is_found():
    offsets = fitted_offsets([drawn(20_000, 1, offset=0.9)], ridge=1e-6)
    assert offsets - offsets[0] == pytest.approx([0, 0, 0.9], abs=0.06)


def test_offsets_are_a_compromise_in_which_sets_count_equally():
    parts = [drawn(20_000, 1), drawn(2_000, 2, offset=1.0)]
    offsets = fitted_offsets(parts, ridge=1e-6)
    assert offsets[2] - offsets[:2].mean() == pytest.approx(0.5, abs=0.1)


def test_ridge_keeps_offsets_small_and_an_infinite_one_keeps_them_zero():
    part = drawn(2_000, 1, offset=1.0)
    sizes = [np.abs(fitted_offsets([part], ridge)).max() for ridge in (1e-6, 0.2, np.inf)]
    assert sizes[0] > 1.5 * sizes[1] > 0
    assert sizes[2] == 0


def test_offsets_of_a_face_are_fitted_without_its_own_group():
    logits, labels = drawn(300, 1, offset=1.0)
    groups = np.arange(300) // 2
    (before,) = with_offsets_of_others([(logits, labels)], [groups], 0.02, seed=0)
    changed = labels.copy()
    changed[:2] = (changed[:2] + 1) % 3
    (after,) = with_offsets_of_others([(logits, changed)], [groups], 0.02, seed=0)
    assert (after[:2] == before[:2]).all()
    assert (after != before).any()


def test_figures_at_each_strength_are_those_of_a_node_with_these_offsets():
    classes = ('neutral', 'happiness', 'surprise')
    logits, labels = drawn(3_000, 1, offset=1.2)
    faces = FaceSet(
        np.zeros((3_000, 8, 8), np.uint8),
        np.zeros((3_000, 68, 2), np.float32),
        one_hot(labels, 3),
        classes,
    )
    figures = {'class_frequencies': dict(zip(classes, (0.5, 0.4, 0.1), strict=True))}
    classifier = SimpleNamespace(config=SimpleNamespace(classes=classes), figures=figures)
    (found,) = curves(classifier, [faces], [(logits, labels)], 0.02)
    offsets = fitted_offsets([(logits, labels)], 0.02)
    figures['class_offsets'] = dict(zip(classes, offsets.tolist(), strict=True))
    expected = prior_curve(softmax(logits), faces, figures)
    assert found == pytest.approx(np.array(expected), abs=0.005)


def test_data_set_without_frequent_class_counts_by_its_accuracy():
    # Accuracy, two recalls, the mean of accuracy and recall, calibration error.
    many = [[0.6, 0.5, 0.4, 0.5, 0.1], [0.7, 0.7, 0.7, 0.7, 0.1]]
    few = [[0.9, 0.5, np.nan, np.nan, 0.1], [0.5, 0.5, np.nan, np.nan, 0.1]]
    assert means([np.array([many, few])]).tolist() == [pytest.approx([0.7, 0.6])]


@pytest.fixture
def smiles(portrait_gray, portrait_landmarks):
    """Return four pictures of a smiling face, with the given classes; the last is labeled so."""

    def of(*classes):
        return FaceSet(
            np.stack([portrait_gray] * 4),
            np.stack([portrait_landmarks.points_px] * 4).astype(np.float32),
            one_hot(np.array([0, 0, 0, len(classes) - 1]), len(classes)),
            classes,
        )

    return of


def test_labels_are_those_of_the_model_and_other_classes_are_ruled_out(smiles):
    classifier = load_classifier(SHIPPED_MODEL)
    logits, labels = labelled_logits(classifier, smiles('surprise', 'happiness'))
    classes = classifier.config.classes
    assert [classes[label] for label in labels] == ['surprise'] * 3 + ['happiness']
    assert {classes[index] for index in logits.argmax(axis=1)} == {'happiness'}
    assert (logits[:, classes.index('fear')] < -1000).all()


def test_faces_of_a_class_that_the_model_lacks_are_left_out(smiles):
    faces = with_known_labels(smiles('happiness', 'boredom'), ('happiness', 'anger'))
    assert len(faces) == 3


@pytest.fixture
def model(tmp_path):
    for path in SHIPPED_MODEL.parent.glob('ferplus.*'):
        shutil.copy(path, tmp_path)
    return tmp_path / 'ferplus.safetensors'


def test_written_offsets_are_in_all_files_of_the_model(model, smiles):
    offsets = dict.fromkeys(FERPLUS_CLASSES, 0.25)
    write(model, offsets, smiles(*FERPLUS_CLASSES))
    for form in (
        load_classifier(model, 'torch'),
        load_classifier(model.with_suffix('.onnx')),
        load_classifier(model.with_suffix('.onnx'), int8=True),
    ):
        assert form.figures['class_offsets'] == offsets


def test_data_of_other_classes_is_refused_for_writing(model, smiles):
    with pytest.raises(SettingError, match='the first --data has other classes than the model'):
        check_writable(model, smiles('happiness', 'anger'))
