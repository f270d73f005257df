import json

import numpy as np
import pytest

from benchmarks.landmark_drift import FullFrameDetector
from fer_ros.bench.faces import bench_faces
from fer_ros.bench.images import Scene, one_face_chunks
from fer_ros.bench.pipeline_maker import TwoThreads


def faces_in(image):
    return FullFrameDetector().detect(image[..., 1].copy())


def test_scene_shows_requested_number_of_faces():
    assert faces_in(Scene(0).image(0)) == []
    boxes = faces_in(Scene(16).image(0))
    assert len(boxes) == 16
    # The sizes of the detector's boxes are a sixth apart.
    assert np.median([box.width_px for box in boxes]) > 85


def test_scene_images_are_repeatable_and_differ_from_each_other():
    scene = Scene(1, (480, 360), (2, 1))
    assert (scene.image(3) == scene.image(3)).all()
    assert (scene.image(3) != scene.image(4)).any()


def test_two_threads_give_same_results_as_one(maker):
    (chunk,) = one_face_chunks((480, 360), 6)
    turn = TwoThreads(maker.make()).run(chunk)
    pipeline = maker.make()
    one_by_one = [
        pipeline.process(image, stamp_s)
        for image, stamp_s in zip(chunk.images, chunk.stamps_s, strict=True)
    ]
    assert turn.found == 6
    for frame, expected in zip(turn.results, one_by_one, strict=True):
        assert frame.stamp_s == expected.stamp_s
        assert frame.faces[0].probabilities == pytest.approx(expected.faces[0].probabilities)


def test_bench_faces_reports_figures_per_face_and_camera_count(maker, tmp_path, capsys):
    bench_faces(maker, 1, 6, tmp_path / 'f.json', (1, 3), (1, 2))
    report = json.loads((tmp_path / 'f.json').read_text())
    assert report['faces'].keys() == {'1', '3'}
    assert report['cameras'].keys() == {'1', '2'}
    for one in report['faces'].values():
        assert one['images_with_all_faces'] == one['images'] == 6
    assert report['faces']['1']['first_is_times_as_fast'] == 1
    assert report['faces']['3']['ms_a_face'] == report['faces']['3']['ms_an_image'] / 3 > 0
    # The second camera begins four images later.
    assert report['cameras']['2']['images'] == 6 + 2
    out = capsys.readouterr().out
    assert '1280x720, faces' in out
    assert '640x480, cameras' in out
