import sys
from types import SimpleNamespace

import pytest

from benchmarks.fer_library import FerLibrary
from fer_ros.errors import SourceError


def detector(detect=lambda image: [{'emotions': {}}]):
    return lambda: SimpleNamespace(detect_emotions=detect)


def test_missing_library_is_reported(monkeypatch):
    monkeypatch.setitem(sys.modules, 'fer', None)
    with pytest.raises(SourceError, match='the library fer is not compared: no module fer'):
        FerLibrary()


@pytest.mark.parametrize('module', ['fer', 'fer.fer'])
def test_library_is_found_in_module_of_either_version(monkeypatch, module, portrait_bgr):
    monkeypatch.setitem(sys.modules, 'fer', SimpleNamespace())
    monkeypatch.setitem(sys.modules, module, SimpleNamespace(FER=detector()))
    assert len(FerLibrary().process(portrait_bgr, 0.0)) == 1


def test_broken_library_is_reported(monkeypatch):
    def broken():
        raise ValueError('no cascade')

    monkeypatch.setitem(sys.modules, 'fer', SimpleNamespace(FER=broken))
    with pytest.raises(SourceError, match='the library fer is not compared: no cascade'):
        FerLibrary()
