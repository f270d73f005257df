from pathlib import Path

import numpy as np
import pytest

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import SHIPPED_MODEL, softmax
from fer_ros.inference.config import ModelConfig
from fer_ros.inference.prior_correction import (
    AS_TRAINED,
    CorrectedClassifier,
    PriorCorrection,
    default_strength,
)
from fer_ros.models import load_classifier
from fer_ros.structures import ModelInput


class Undecided:
    """Answers with its training frequencies for every face: three of four were calm."""

    config = ModelConfig(classes=('calm', 'loud'), stream='cnn')
    path, name, streams = Path('undecided.onnx'), 'undecided.onnx@00', ('cnn',)

    def __init__(self, **figures):
        self.figures = {'class_frequencies': {'loud': 0.25, 'calm': 0.75}, **figures}

    def logits(self, batch):
        return np.log(np.full((len(batch.crops), 2), [0.75, 0.25], np.float32))

    def stream_logits(self, batch):
        return {'cnn': self.logits(batch)}


@pytest.fixture
def two_faces():
    return ModelInput(np.zeros((2, 1, 48, 48), np.float32), np.zeros((2, 68, 16), np.float32))


def answer(model, strength, faces):
    return softmax(PriorCorrection(model, strength)(model.logits(faces)))[0]


@pytest.mark.parametrize(
    ('strength', 'expected'),
    # Odds of 3, and 3 to the power of 1 - strength.
    [(0.0, [0.75, 0.25]), (0.5, [3**0.5 / (1 + 3**0.5), 1 / (1 + 3**0.5)]), (1.0, [0.5, 0.5])],
)
def test_training_frequencies_are_removed_according_to_strength(strength, expected, two_faces):
    assert answer(Undecided(), strength, two_faces) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(('strength', 'odds'), [(0.0, 3**0.5), (0.5, 3**0.25)])
def test_temperature_of_model_lowers_confidence_after_correction(strength, odds, two_faces):
    found = answer(Undecided(temperature=2.0), strength, two_faces)
    assert found == pytest.approx([odds / (1 + odds), 1 / (1 + odds)], abs=1e-6)


@pytest.mark.parametrize(
    ('strength', 'loud'),
    # The odds of calm are 3; class frequencies take s log 3, offsets log 2 from the default on.
    [(0.0, 0.0), (0.2, 0.5), (0.4, 1.0), (1.0, 1.0)],
)
def test_class_offsets_count_in_full_from_default_strength(strength, loud, two_faces):
    offsets = {'calm': 0.0, 'loud': float(np.log(2))}
    found = answer(Undecided(class_offsets=offsets), strength, two_faces)
    assert found[0] / found[1] == pytest.approx(3 ** (1 - strength) / 2**loud, rel=1e-5)


def test_corrected_classifier_also_gives_answer_as_trained(two_faces):
    corrected = CorrectedClassifier(Undecided(), 1.0)
    streams = corrected.stream_logits(two_faces)
    assert softmax(streams['cnn'])[1] == pytest.approx([0.5, 0.5])
    assert softmax(corrected.logits(two_faces))[1] == pytest.approx([0.5, 0.5])
    assert softmax(streams[AS_TRAINED])[1] == pytest.approx([0.75, 0.25])
    assert corrected.streams == (AS_TRAINED, 'cnn')


def test_model_without_class_frequencies_allows_only_strength_0(two_faces):
    unknown = Undecided()
    del unknown.figures['class_frequencies']
    assert answer(unknown, 0.0, two_faces) == pytest.approx([0.75, 0.25])
    assert default_strength(unknown) == 0
    with pytest.raises(
        SettingError,
        match=r'prior_correction is 0\.4, but model undecided\.onnx does not state how often its '
        'training drew each class: set prior_correction to 0, or train it again',
    ):
        PriorCorrection(unknown, 0.4)


@pytest.mark.parametrize('strength', [-0.1, 1.1, float('nan')])
def test_strength_out_of_range_is_refused(strength):
    with pytest.raises(SettingError, match=r'prior_correction is .*, expected 0 to 1'):
        PriorCorrection(Undecided(), strength)


def test_all_files_of_shipped_model_carry_same_figures():
    pytest.importorskip('torch_geometric')
    whole, quick, weights = (
        load_classifier(SHIPPED_MODEL),
        load_classifier(SHIPPED_MODEL, int8=True),
        load_classifier(SHIPPED_MODEL, 'torch'),
    )
    assert whole.figures == quick.figures == weights.figures
    known = whole.figures['class_frequencies']
    assert tuple(known) == whole.config.classes
    assert sum(known.values()) == pytest.approx(1)
    assert max(known, key=known.get) == 'neutral'
    assert default_strength(whole) > 0
