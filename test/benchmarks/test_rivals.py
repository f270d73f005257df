import json
import sys

import pytest

from benchmarks.rivals import compare

SIZE_WH = (480, 360)


@pytest.fixture
def report(maker, tmp_path):
    def run():
        compare(maker, 1, 0.1, [SIZE_WH], tmp_path / 'b.json', phases=1)
        return json.loads((tmp_path / 'b.json').read_text())

    return run


def test_comparison_reports_speed_drift_and_new_face_delay(report, monkeypatch, capsys):
    pytest.importorskip('torch')
    # Torch threads wait for each other if other processes are busy.
    monkeypatch.setattr('os.cpu_count', lambda: 1)
    figures = report()['sizes']['480x360']
    assert figures['images'] == 10
    for side in ('fer_ros', 'earlier design'):
        one = figures['sides'][side]
        assert one['images_with_the_face'] == one['images'] == 10
        assert one['frames_per_second'] > 0
    assert figures['stages']['earlier design']['resnet']['share_of_images'] == 1
    landmarks = figures['landmarks']
    assert landmarks['images'] == landmarks['images_with_a_detected_face'] == 10
    assert landmarks['share_lost'] == 0
    assert 0 < landmarks['distance_median'] < 0.05
    assert figures['new_face'].keys() == {'nobody in view', 'one face followed'}
    # 3 s would mean that it was never reported.
    assert all(delay['max_s'] < 1 for delay in figures['new_face'].values())
    said = capsys.readouterr()
    assert 'fer_ros is × as fast' in said.out
    assert 'earlier design' in said.err


def test_missing_rivals_are_left_out_with_install_hint(report, monkeypatch, capsys):
    for name in ('torch', 'fer'):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, 'benchmarks.earlier_design', raising=False)
    found = report()
    assert found['sizes']['480x360']['sides'].keys() == {
        'fer_ros',
        'two threads, for recorded images',
    }
    earlier, library = found['notes']
    assert earlier.startswith(
        'the earlier design is not compared: no module torch; to compare it, '
    )
    assert library.startswith('the library fer is not compared: no module fer; to compare it, ')
    assert earlier in capsys.readouterr().out
