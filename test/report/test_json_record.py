from dataclasses import dataclass

import pytest

from fer_ros.report.json_record import read_record, write_record


@dataclass(frozen=True)
class Inner:
    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Outer:
    count: int
    inner: Inner | None
    by_name: dict[str, Inner]
    rows: tuple[tuple[int, ...], ...]


OUTER = Outer(2, Inner('a', (0.1, 1 / 3)), {'b': Inner('b', ())}, ((1, 2), (3,)))


@pytest.mark.parametrize('record', [OUTER, Outer(0, None, {}, ())])
def test_written_record_is_read_back_unchanged(tmp_path, record):
    write_record(record, tmp_path / 'r.json')
    assert read_record(Outer, tmp_path / 'r.json') == record


@pytest.mark.parametrize('text', ['', '[]', 'null', '{"count": 1}', '{"count": 1, "inner": 3}'])
def test_file_that_is_not_the_record_is_an_error(tmp_path, text):
    (tmp_path / 'r.json').write_text(text)
    with pytest.raises(ValueError, match=r'r\.json is not a Outer'):
        read_record(Outer, tmp_path / 'r.json')
