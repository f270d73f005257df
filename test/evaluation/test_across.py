import csv
import shutil
from dataclasses import replace

import pytest
from face_files import write_lit

from fer_ros.errors import DatasetError, SettingError
from fer_ros.evaluation.across import each_with_each, evaluate_across
from fer_ros.evaluation.settings import EvaluateSettings
from fer_ros.inference.classifier import SHIPPED_MODEL


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr('fer_ros.evaluation.evaluate.CACHE', tmp_path / 'cache')


@pytest.fixture
def data(tmp_path):
    """A folder of two classes and a part of JAFFE, with smiling faces."""
    for name, angle in (('happiness', 0), ('bored', 2)):
        write_lit(tmp_path / 'web' / 'test' / name / 'a.jpg', angle)
    for name, angle in (('KA.HA1.1', 0), ('KL.NE1.2', 2), ('KM.HA1.3', 4)):
        write_lit(tmp_path / 'jaffe' / f'{name}.tiff', angle)
    return [tmp_path / 'web', tmp_path / 'jaffe']


def settings_of(models, data, splits):
    return each_with_each(EvaluateSettings(models[0], data[0]), models, data, splits)


def test_each_data_set_has_row_and_report_and_class_mismatches_are_listed(data, tmp_path, capsys):
    write_lit(data[0] / 'test' / 'fear' / 'b.jpg', 4)
    out = tmp_path / 'out'
    evaluate_across(settings_of([SHIPPED_MODEL], data, ['test', 'all']), out)
    with (out / 'across.csv').open() as stream:
        rows = [row for row in csv.DictReader(stream) if row['stream'] == 'fused']
    assert [(row['data'], row['faces']) for row in rows] == [('web', '3'), ('jaffe', '3')]
    assert all(0 <= float(row['accuracy']) <= 1 for row in rows)
    assert (out / 'web' / 'report.md').is_file()
    assert (out / 'jaffe' / 'figures.json').is_file()
    report = (out / 'report.md').read_text()
    assert 'on web: web test, 3 faces. Classes of the model that the data does not have' in report
    assert 'Classes of the data that the model does not know: bored; every such' in report
    assert report in capsys.readouterr().out


def test_models_with_same_file_name_are_named_by_folder(data, tmp_path):
    models = [tmp_path / name / 'model.onnx' for name in 'ab']
    for model in models:
        model.parent.mkdir()
        shutil.copy(SHIPPED_MODEL, model)
    found = evaluate_across(settings_of(models, data[1:], ['all']), tmp_path / 'out')
    names = {(row[0], row[1]) for row in found.tables[0].rows}
    assert names == {('a_model.onnx', 'jaffe'), ('b_model.onnx', 'jaffe')}
    assert (tmp_path / 'out' / 'a_model.onnx_jaffe').is_dir()


def test_two_splits_of_one_data_set_have_reports_and_names_of_their_own(data, tmp_path):
    for name, angle in (('happiness', 4), ('fear', 6)):
        write_lit(data[0] / 'validation' / name / 'b.jpg', angle)
        write_lit(data[0] / 'test' / name / 'c.jpg', angle + 4)
    out = tmp_path / 'out'
    settings = settings_of([SHIPPED_MODEL], data[:1] * 2, ['validation', 'test'])
    found = evaluate_across(settings, out)
    assert {row[1] for row in found.tables[0].rows} == {'web_validation', 'web_test'}
    for split in ('validation', 'test'):
        assert f'web {split}, ' in (out / f'web_{split}' / 'report.md').read_text()


def test_data_set_without_split_is_reported_and_others_are_evaluated(data, tmp_path):
    found = evaluate_across(settings_of([SHIPPED_MODEL], data, ['validation', 'all']))
    (problem,) = found.endnotes
    assert problem.startswith('Not judged: ferplus.onnx on web: web has no picture in the split')
    assert {row[1] for row in found.tables[0].rows} == {'jaffe'}


def test_error_is_raised_if_no_data_set_can_be_evaluated(data):
    with pytest.raises(DatasetError, match='no picture in the split train'):
        evaluate_across(settings_of([SHIPPED_MODEL], data[:1] * 2, ['train']))


def test_split_count_that_differs_from_data_set_count_is_refused(data):
    with pytest.raises(SettingError, match='split is given 3 times for 2 data sets'):
        settings_of([SHIPPED_MODEL], data, ['test', 'all', 'test'])


def test_models_judged_on_different_faces_are_not_to_be_compared(data, tmp_path):
    models = [tmp_path / name / 'model.onnx' for name in 'ab']
    for model in models:
        model.parent.mkdir()
        shutil.copy(SHIPPED_MODEL, model)
    # As if the second model had been trained for another fold than the first.
    write_lit(data[1] / 'KL.HA1.4.tiff', 6)
    alike = settings_of(models, data[1:], ['test'])
    apart = [replace(entry, fold=fold) for fold, entry in enumerate(alike, 1)]
    warned = [
        [note for note in evaluate_across(settings).notes if 'not to be compared' in note]
        for settings in (alike, apart)
    ]
    assert warned == [
        [],
        [
            'Figures of different faces, not to be compared: jaffe (JAFFE test of fold 1, 1 face; '
            'JAFFE test of fold 2, 2 faces). Give --split or --fold to judge all models on the '
            'same ones.'
        ],
    ]
