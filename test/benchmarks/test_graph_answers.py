import numpy as np
import pytest

from benchmarks.graph_answers import SEEN, STILLS, ask_streams
from benchmarks.graph_pictures import CONDITIONS
from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.data.landmarked_pictures import cut_chip
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.models import load_classifier

pytest.importorskip('torch_geometric')


@pytest.fixture(scope='module')
def asked(portrait_gray, portrait_landmarks):
    chip, points_px = cut_chip(portrait_gray, portrait_landmarks)
    labels = np.full(3, FERPLUS_CLASSES.index('happiness'))
    faces = FaceSet(
        np.stack([chip] * 3), np.stack([points_px] * 3), one_hot(labels, 8), FERPLUS_CLASSES
    )
    return ask_streams(load_classifier(backend='torch'), faces, 2)


def test_all_stills_and_some_faces_per_condition_are_classified(asked):
    assert [(one.kind, one.strength, len(one.labels)) for one in asked] == [
        (STILLS, 0.0, 3),
        *((kind.name, strength, 2) for kind in CONDITIONS for strength in kind.strengths),
    ]


def test_streams_differ_and_all_recognize_happiness(asked):
    stills = asked[0].logits
    assert set(stills) == {'cnn', 'gat', 'fused'}
    assert all((logits.argmax(axis=1) == 1).all() for logits in stills.values())
    assert np.abs(stills['cnn'] - stills['fused']).max() > 0.01


def test_small_face_has_lower_size_and_quality(asked):
    small = next(one for one in asked if one.strength == 16)
    column = SEEN.index('log_size')
    assert (small.seen[:, column] < asked[0].seen[:2, column] - 0.5).all()
    quality = SEEN.index('quality')
    assert (small.seen[:, quality] < asked[0].seen[:2, quality]).all()
