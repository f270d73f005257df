import json

import pytest

from fer_ros.offline.jobs import BagJob, Verdict
from fer_ros.offline.settings import RunSettings
from fer_ros.offline.summary import write_summary
from fer_ros.report.page import color, confusion_cell, duration, shown_classes

AGREEMENT = {
    'classes': ['neutral', 'happiness', 'fear'],
    'confusion': [[3, 1, 0], [0, 0, 0], [0, 0, 0]],
}


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0, '0.0 s'),
        (59.94, '59.9 s'),
        (61, '1 min 01 s'),
        (3600, '1 h 00 min'),
        (7380, '2 h 03 min'),
    ],
)
def test_duration_is_said_as_a_person_says_it(seconds, text):
    assert duration(seconds) == text


def test_cell_is_count_and_share_of_its_label():
    assert confusion_cell(AGREEMENT, 'neutral', 'happiness') == (1, 25.0)
    assert confusion_cell(AGREEMENT, 'fear', 'fear') == (0, 0.0)


def test_only_classes_that_occur_are_shown():
    assert shown_classes(AGREEMENT) == ['neutral', 'happiness']


def test_unknown_class_has_a_color():
    assert color('happiness') == '#face42'
    assert color('boredom') == '#b4b4b4'


def test_names_are_escaped(tmp_path):
    job = BagJob(tmp_path / '<b>', tmp_path / '<b>', RunSettings())
    write_summary([Verdict(job, None, 'bag <b> does not exist')], tmp_path)
    page = (tmp_path / 'summary.html').read_text()
    assert 'bag &lt;b&gt; does not exist' in page
    assert '<b> does' not in page


def test_summary_counts_all_bags_and_names_failures(judged, tmp_path):
    broken = BagJob(tmp_path / 'broken', tmp_path / 'broken', RunSettings())
    summary = write_summary([judged, judged, Verdict(broken, None, 'it is broken')], tmp_path)
    assert json.loads((tmp_path / 'summary.json').read_text()) == summary
    assert (summary['judged'], len(summary['bags']), summary['images']) == (2, 3, 240)
    one = judged.report['agreement']['images']
    assert summary['agreement']['images']['count'] == 2 * one['count']
    assert summary['agreement']['images']['accuracy'] == one['accuracy']
    assert summary['bags'][2]['failure'] == 'it is broken'
    page = (tmp_path / 'summary.html').read_text()
    assert 'href="clip/report.html"' in page
    assert 'it is broken' in page


def test_summary_without_labels_has_no_agreement(judged, tmp_path):
    report = {**judged.report, 'agreement': None}
    summary = write_summary([Verdict(judged.job, report)], tmp_path)
    assert summary['agreement'] is None
    assert 'Labels and estimates' not in (tmp_path / 'summary.html').read_text()
