import pytest

from fer_ros.errors import SettingError
from fer_ros.offline.output_folder import output_folder


def write(path, **files):
    with output_folder(path) as aside:
        for name, text in files.items():
            (aside / name.replace('_', '.')).write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_outputs_of_an_earlier_run_are_replaced(tmp_path):
    write(tmp_path / 'out', report_json='{}', annotated_mp4='')
    write(tmp_path / 'out', report_json='{}', emotion_csv='')
    assert names(tmp_path / 'out') == ['emotion.csv', 'report.json']


def test_empty_folder_is_filled(tmp_path):
    (tmp_path / 'out').mkdir()
    write(tmp_path / 'out', report_json='{}')
    assert names(tmp_path / 'out') == ['report.json']


def test_folder_with_other_files_is_refused_and_kept(tmp_path):
    (tmp_path / 'thesis.txt').write_text('years of work')
    with pytest.raises(SettingError, match=r'contains thesis\.txt, which is not from an earlier'):
        write(tmp_path, report_json='{}')
    assert (tmp_path / 'thesis.txt').read_text() == 'years of work'


def test_outputs_with_an_added_note_are_refused_and_kept(tmp_path):
    write(tmp_path / 'out', report_json='{}')
    (tmp_path / 'out' / 'notes.txt').write_text('look at 3.2 s')
    with pytest.raises(SettingError, match=r'contains notes\.txt'):
        write(tmp_path / 'out', report_json='{}')
    assert names(tmp_path / 'out') == ['notes.txt', 'report.json']


def test_folder_with_output_names_but_no_report_is_refused(tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'annotated.mp4').write_text('my video')
    with pytest.raises(SettingError, match=r'contains annotated\.mp4'):
        write(tmp_path / 'out', report_json='{}')


def test_working_directory_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match='cannot be replaced: it is the working directory'):
        write(tmp_path, report_json='{}')


def test_file_instead_of_folder_is_refused_and_kept(tmp_path):
    (tmp_path / 'README.md').write_text('read me')
    for place in (tmp_path / 'README.md', tmp_path / 'README.md' / 'monday'):
        with pytest.raises(SettingError, match=r'README\.md is a file, expected a folder'):
            write(place, report_json='{}')
    assert (tmp_path / 'README.md').read_text() == 'read me'
