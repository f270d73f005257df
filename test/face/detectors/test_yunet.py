from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from yunet_models import ANY_SIZE, PUBLISHED, needs_models

from fer_ros.errors import ModelFileError
from fer_ros.face.detectors.yunet import YunetNetwork, load_yunet
from fer_ros.inference.classifier import SHIPPED_MODEL

both_files = pytest.mark.parametrize('path', [PUBLISHED, ANY_SIZE], ids=lambda path: path.stem)


@needs_models
@both_files
def test_single_face_of_portrait_is_found_at_its_position(path, portrait_gray):
    (box,) = load_yunet(path).detect(portrait_gray)
    assert box.center_px == pytest.approx((225, 125), abs=8)
    assert 0.6 < box.score <= 1


@needs_models
@both_files
def test_five_points_are_on_eyes_nose_and_mouth(path, portrait_gray):
    faces = YunetNetwork(path).find(portrait_gray)
    expected = [(201, 103), (247, 103), (223, 126), (203, 143), (242, 143)]
    assert faces.points_px[0] == pytest.approx(np.array(expected), abs=6)


@needs_models
def test_published_file_finds_same_box_in_padded_image(portrait_gray):
    network = YunetNetwork(PUBLISHED)
    padded = cv2.copyMakeBorder(portrait_gray, 0, 240, 0, 128, cv2.BORDER_CONSTANT, value=0)
    assert network.find(padded).boxes_xywh[0] == pytest.approx(
        network.find(portrait_gray).boxes_xywh[0], abs=0.5
    )


@needs_models
def test_detector_is_thread_safe(portrait_gray):
    detector = load_yunet(PUBLISHED)
    images = [cv2.resize(portrait_gray, (256 + 16 * n, 200 + 8 * n)) for n in range(12)]
    expected = [detector.detect(image) for image in images]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(detector.detect, images)) == expected


@needs_models
def test_truncated_file_is_refused(tmp_path):
    path = tmp_path / 'cut.onnx'
    path.write_bytes(PUBLISHED.read_bytes()[:100_000])
    with pytest.raises(ModelFileError, match=r'face detection model .*cut\.onnx is damaged'):
        load_yunet(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match=r'face detection model .*no\.onnx does not exist'):
        load_yunet(tmp_path / 'no.onnx')


def test_model_other_than_yunet_is_refused():
    with pytest.raises(ModelFileError, match=r'ferplus\.onnx is not a YuNet'):
        load_yunet(SHIPPED_MODEL)


def test_text_file_is_refused(tmp_path):
    path = tmp_path / 'page.onnx'
    path.write_text('<html>Not found</html>')
    with pytest.raises(ModelFileError, match=r'face detection model .*page\.onnx is damaged'):
        load_yunet(path)


def test_empty_file_is_refused(tmp_path):
    path = tmp_path / 'empty.onnx'
    path.touch()
    with pytest.raises(ModelFileError, match=r'face detection model .*empty\.onnx is damaged'):
        load_yunet(path)
