from dataclasses import replace

import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.errors import DatasetError, SettingError
from fer_ros.evaluation.predictions import (
    aligned_faces,
    ask,
    describe_mapping,
    in_classes_of,
    smoothed,
)
from fer_ros.inference.prior_correction import CorrectedClassifier
from fer_ros.models import load_classifier
from fer_ros.smoothing import SmoothingSettings


@pytest.fixture
def faces(portrait_gray, portrait_landmarks):
    images = np.stack([portrait_gray, portrait_gray[:, ::-1]])
    points = np.stack([portrait_landmarks.points_px] * 2)
    return FaceSet(images, points, one_hot(np.array([1, 0]), 2), ('neutral', 'happiness'))


def test_evaluation_gives_same_probabilities_as_pipeline(faces, models, pipeline, portrait_gray):
    classifier = CorrectedClassifier(models.classifier)
    (face,) = pipeline.process(portrait_gray, 0.0).faces
    seen = replace(faces, landmarks_px=np.stack([face.landmarks.points_px] * 2))
    answers = ask(classifier, aligned_faces(seen, 48), ['fused'])['fused']
    assert answers.shape == (2, 8)
    assert answers[0] == pytest.approx(face.frame_probabilities, abs=1e-6)


def test_each_stream_gives_its_own_probabilities(faces):
    pytest.importorskip('torch_geometric')
    classifier = load_classifier(backend='torch')
    answers = ask(classifier, aligned_faces(faces, 48), ['cnn', 'gat', 'fused'])
    assert list(answers) == ['cnn', 'gat', 'fused']
    for probabilities in answers.values():
        assert probabilities.sum(axis=1) == pytest.approx([1, 1])
    assert np.abs(answers['cnn'] - answers['gat']).max() > 1e-3


def test_separate_streams_of_onnx_model_are_refused(faces, models):
    with pytest.raises(SettingError, match='add --backend torch'):
        ask(models.classifier, aligned_faces(faces, 48), ['cnn', 'fused'])


def test_classes_missing_from_data_are_dropped_and_rest_is_renormalized():
    given = np.array([[0.5, 0.2, 0.3]], np.float32)
    mapped = in_classes_of(given, ('a', 'b', 'c'), ('c', 'a'))
    assert mapped == pytest.approx(np.array([[0.375, 0.625]]))


def test_class_unknown_to_model_has_probability_0():
    mapped = in_classes_of(np.array([[0.4, 0.6]], np.float32), ('a', 'b'), ('a', 'b', 'new'))
    assert mapped == pytest.approx(np.array([[0.4, 0.6, 0.0]]))


def test_fewer_than_two_common_classes_are_an_error():
    with pytest.raises(DatasetError, match='expected at least two classes in common'):
        in_classes_of(np.ones((1, 2), np.float32), ('a', 'b'), ('b', 'c'))


def test_no_faces_give_no_answers(models):
    assert ask(models.classifier, [], ['fused'])['fused'].shape == (0, 8)


def test_class_mismatches_are_described():
    sentences = describe_mapping(('a', 'b'), ('b', 'c'))
    assert 'model that the data does not have: a;' in sentences[0]
    assert 'data that the model does not know: c;' in sentences[1]
    assert describe_mapping(('a', 'b'), ('b', 'a')) == []


def test_smoothing_restarts_with_each_clip():
    probabilities = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.float32)
    clips = np.array(['x', 'x', 'y', 'y'])
    stamps = np.array([0, 0.1, 0, 0.1])
    kept = smoothed(probabilities, clips, stamps, SmoothingSettings('average', 0.5))
    assert 0 < kept[1, 1] < 1
    assert kept[2:].tolist() == [[0, 1], [0, 1]]
