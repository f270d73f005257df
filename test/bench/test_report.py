import json
import os

import pytest

from fer_ros.bench import report
from fer_ros.bench.report import machine, spread_ms, stage_figures, write_json


def test_machine_is_named_by_its_processor_model(monkeypatch, tmp_path):
    (tmp_path / 'cpuinfo').write_text('processor\t: 0\nmodel name\t: Quick 9000\nstepping\t: 1\n')
    monkeypatch.setattr(report, '_CPU_INFO', tmp_path / 'cpuinfo')
    assert machine() == f'Quick 9000, {os.cpu_count()} processors'


def test_machine_with_unknown_processor_is_named_by_its_architecture(monkeypatch, tmp_path):
    monkeypatch.setattr(report, '_CPU_INFO', tmp_path / 'cpuinfo')
    monkeypatch.setattr(report.platform, 'processor', lambda: '')
    monkeypatch.setattr(report.platform, 'machine', lambda: 'riscv64')
    assert machine().startswith('riscv64, ')


def test_spread_is_in_milliseconds():
    assert spread_ms([0.001, 0.002, 0.003], 99) == pytest.approx({'median_ms': 2, 'p99_ms': 2.98})


def test_spread_of_no_times_is_zero():
    assert spread_ms([]) == {'median_ms': 0, 'p95_ms': 0}


def test_stage_run_for_some_images_has_mean_over_all_and_median_when_run():
    figures = stage_figures([{'a': 0.001, 'b': 0.004}, {'a': 0.003}], ('a', 'b'))
    assert figures['a'] == {
        'mean_ms': 2.0,
        'median_when_run_ms': 2.0,
        'share_of_images': 1.0,
    }
    assert figures['b'] == {
        'mean_ms': 2.0,
        'median_when_run_ms': 4.0,
        'share_of_images': 0.5,
    }


def test_report_is_written_only_if_path_is_given(tmp_path):
    write_json({'a': 1}, None)
    write_json({'a': 1}, tmp_path / 'r.json')
    assert json.loads((tmp_path / 'r.json').read_text()) == {'a': 1}
    assert [path.name for path in tmp_path.iterdir()] == ['r.json']
