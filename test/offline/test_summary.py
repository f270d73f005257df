import json
import re
from dataclasses import replace

from fer_ros.offline.jobs import BagJob, Verdict
from fer_ros.offline.settings import RunSettings
from fer_ros.offline.summary import write_summary


def test_names_and_failure_messages_are_escaped_in_page(judged, tmp_path):
    job = BagJob(tmp_path / '<x1>', tmp_path / '<x2>', RunSettings())
    done = Verdict(replace(job, folder=tmp_path / '<x3>'), judged.report, '')
    write_summary([Verdict(job, None, 'bag <x1> does not exist'), done], tmp_path)
    page = (tmp_path / 'summary.html').read_text()
    assert 'bag &lt;x1&gt; does not exist' in page
    assert '&lt;x2&gt;' in page
    assert '&lt;x3&gt;' in page
    assert re.findall(r'<x\d>', page) == []


def test_summary_counts_all_bags_and_states_failures(judged, tmp_path):
    broken = BagJob(tmp_path / 'broken', tmp_path / 'broken', RunSettings())
    summary = write_summary([judged, judged, Verdict(broken, None, 'it is broken')], tmp_path)
    written = json.loads((tmp_path / 'summary.json').read_text())
    assert (written['judged'], written['images']) == (2, 240)
    assert (summary.judged, len(summary.bags), summary.images) == (2, 3, 240)
    one = judged.report.agreement.images
    assert summary.agreement.images.count == 2 * one.count
    assert summary.agreement.images.accuracy == one.accuracy
    assert summary.bags[2].failure == 'it is broken'
    assert set(written['bags'][2]) == {'name', 'source', 'failure'}
    assert written['bags'][0]['images'] == 120
    page = (tmp_path / 'summary.html').read_text()
    assert 'href="clip/report.html"' in page
    assert 'it is broken' in page


def test_summary_without_labels_has_no_agreement(judged, tmp_path):
    report = replace(judged.report, agreement=None)
    summary = write_summary([Verdict(judged.job, report)], tmp_path)
    assert summary.agreement is None
    assert 'Labels and estimates' not in (tmp_path / 'summary.html').read_text()
