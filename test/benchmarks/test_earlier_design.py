from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip('torch')

from benchmarks.earlier_design import EarlierDesign, RecurrentClassifier, ResNet18, quickest
from fer_ros.bench.turns import Chunk


@pytest.fixture(scope='module')
def design(models):
    return EarlierDesign(models.landmarks, num_threads=1)


def test_resnet_has_the_parameters_and_shapes_of_resnet_18():
    resnet = ResNet18().eval()
    # 11,689,512 with the layer for the 1000 classes of ImageNet.
    assert sum(p.numel() for p in resnet.parameters()) == 11_689_512 - 513_000
    with torch.inference_mode():
        assert resnet(torch.zeros(2, 3, 224, 224)).shape == (2, 512)


def test_recurrent_classifier_is_bidirectional():
    classifier = RecurrentClassifier()
    assert (classifier.gru.num_layers, classifier.gru.bidirectional) == (2, True)
    assert classifier(torch.zeros(3, 8, 640)).shape == (3, 8)


def test_face_has_probabilities_and_every_stage_runs(design, portrait_bgr):
    design.reset()
    probabilities = design.process(portrait_bgr, 0.0)
    assert probabilities.shape == (1, 8)
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    stages = ['gray', 'detector', 'landmarks', 'crop', 'resnet', 'mlp', 'gru']
    assert list(design.stage_s) == stages


def test_earlier_images_affect_result_until_reset(design, portrait_bgr):
    design.reset()
    first = design.process(portrait_bgr, 0.0)
    second = design.process(portrait_bgr, 0.1)
    design.reset()
    assert (first != second).any()
    assert design.process(portrait_bgr, 0.2) == pytest.approx(first, abs=1e-5)


def test_image_without_face_stops_after_detection(design, portrait_bgr):
    probabilities = design.process(portrait_bgr * 0 + 90, 0.0)
    assert probabilities.shape == (0, 8)
    assert list(design.stage_s) == ['gray', 'detector']


def test_torch_thread_count_is_restored(models):
    before = torch.get_num_threads()
    with EarlierDesign(models.landmarks, num_threads=before + 1).threads():
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ('quick', 'sentence'),
    [
        (1, 'uses 1 thread: 10.0 ms per image with 1, 30.0 ms with 4'),
        (4, 'uses 4 threads: 30.0 ms per image with 1, 10.0 ms with 4'),
    ],
)
def test_quicker_number_of_threads_is_chosen_and_reported(models, monkeypatch, quick, sentence):
    now_s = 0.0

    def clock():
        """Goes on by the time that an image takes with the number of threads that is set."""
        nonlocal now_s
        now_s += 0.01 if torch.get_num_threads() == quick else 0.03
        return now_s

    monkeypatch.setattr('fer_ros.bench.turns.time', SimpleNamespace(perf_counter=clock))
    # Without a face, torch has nothing to compute, for which four threads could wait.
    without_face = Chunk([np.full((120, 160, 3), 90, np.uint8)] * 3, [0.0, 0.1, 0.2], first=True)
    design, said = quickest(models.landmarks, without_face, num_threads=4)
    assert design.num_threads == quick
    assert said == f'the earlier design {sentence}'
