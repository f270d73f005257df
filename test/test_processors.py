import os

from fer_ros.processors import usable_processors


def test_processors_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.delattr(os, 'process_cpu_count', raising=False)
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: {1, 4, 5}, raising=False)
    assert usable_processors() == 3
    monkeypatch.setattr(os, 'process_cpu_count', lambda: 2, raising=False)
    assert usable_processors() == 2


def test_on_a_system_without_affinity_all_processors_count(monkeypatch):
    for name in ('process_cpu_count', 'sched_getaffinity'):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(os, 'cpu_count', lambda: 8)
    assert usable_processors() == 8
