import pytest

from fer_ros.atomic_file import atomic_file, atomic_folder


def test_file_appears_at_the_end_of_the_block(tmp_path):
    with atomic_file(tmp_path / 'a.txt') as aside:
        aside.write_text('new')
        assert not (tmp_path / 'a.txt').exists()
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [('a.txt', 'new')]


def interrupted(path):
    with atomic_file(path) as aside:
        aside.write_text('half')
        raise KeyboardInterrupt


def test_interrupted_block_leaves_the_good_file_and_nothing_else(tmp_path):
    (tmp_path / 'a.txt').write_text('good')
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / 'a.txt')
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [('a.txt', 'good')]


def test_folder_replaces_the_one_before_at_the_end_of_the_block(tmp_path):
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'old').write_text('old')
    with atomic_folder(tmp_path / 'run') as aside:
        (aside / 'new').write_text('new')
        assert (tmp_path / 'run' / 'old').exists()
    assert [path.name for path in tmp_path.iterdir()] == ['run']
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['new']


def interrupted_folder(path):
    with atomic_folder(path) as aside:
        (aside / 'half').write_text('half')
        raise KeyboardInterrupt


def test_interrupted_block_leaves_the_good_folder_and_nothing_else(tmp_path):
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'old').write_text('old')
    with pytest.raises(KeyboardInterrupt):
        interrupted_folder(tmp_path / 'run')
    assert [path.name for path in tmp_path.iterdir()] == ['run']
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['old']
