"""Malicious names that try to break out of a page or a folder are escaped and contained."""

import json
import os
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import pytest
from bag_files import write_images

from fer_ros.cli import main
from fer_ros.offline.jobs import BagJob, Verdict
from fer_ros.offline.settings import RunSettings
from fer_ros.offline.summary import write_summary

ATTACK = '"><img src=x onerror=alert(1)><script>alert(2)<'


class Page(HTMLParser):
    """The elements that a browser would find, run or load."""

    def __init__(self, text):
        super().__init__()
        self.active = []
        self.links = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in ('script', 'iframe', 'object', 'embed', 'base', 'form', 'link'):
            self.active.append(tag)
        for name, value in attributes:
            if name.startswith('on') or (name == 'src' and value == 'x'):
                self.active.append(f'{tag} {name}={value}')
            if name in ('href', 'src'):
                self.links.append(value)


def test_malicious_picture_names_are_escaped_and_contained(tmp_path, portrait_bgr):
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for name in (f'{ATTACK}.png', '{{ 7 * 7 }}.png', '..png', '.. .png', '=1+1.png'):
        cv2.imwrite(str(folder / 'plain.png'), portrait_bgr)
        (folder / 'plain.png').rename(folder / name)
    main(['video', str(folder), '--out', str(tmp_path / 'out')])
    page = (tmp_path / 'out' / 'report.html').read_text()
    assert Page(page).active == []
    assert '{{ 7 * 7 }}.png' in page
    assert {path.name for path in tmp_path.iterdir()} == {'pictures', 'out'}
    assert len(list((tmp_path / 'out' / 'annotated').iterdir())) == 5


def test_picture_whose_name_is_not_utf_8_is_written_with_an_escape(tmp_path, portrait_bgr, capsys):
    folder = tmp_path / os.fsdecode(b'B\xfcro')
    folder.mkdir()
    encoded = cv2.imencode('.png', portrait_bgr)[1].tobytes()
    (folder / os.fsdecode(b'm\xfcller.png')).write_bytes(encoded)
    (folder / os.fsdecode(b'cut\xfc.png')).write_bytes(encoded[:9])
    (folder / 'größe.png').write_bytes(encoded)
    out = tmp_path / 'out'
    main(['video', str(folder), '--out', str(out)])
    report = json.loads((out / 'report.json').read_text())
    assert report['source'].endswith(r'B\xfcro')
    assert [picture['file'] for picture in report['pictures']] == ['größe.png', r'm\xfcller.png']
    assert r'cut\xfc.png cannot be read' in report['problems'][0]
    assert r'm\xfcller.png' in (out / 'report.html').read_text()
    assert r'm\xfcller.png' in (out / 'emotion.csv').read_text()
    assert r'B\xfcro: 2 pictures' in capsys.readouterr().out


def test_bag_whose_name_is_not_utf_8_is_written_with_an_escape(clip, tmp_path):
    bag = write_images(tmp_path / os.fsdecode(b'b\xfcro'), clip[:5], 10)
    out = tmp_path / 'out'
    main(['bag', str(bag), '--out', str(out)])
    assert (out / r'b\xfcro' / 'report.html').is_file()
    assert json.loads((out / 'summary.json').read_text())['bags'][0]['name'] == r'b\xfcro'


@pytest.fixture(scope='module')
def strange_bag(clip, tmp_path_factory):
    topic = f'/../../../{ATTACK}/' + 300 * 'x'
    return write_images(
        tmp_path_factory.mktemp('bags') / 'javascript:a(1);', clip[:5], 10, topic=topic
    )


def test_malicious_bag_and_topic_names_are_escaped_and_contained(strange_bag, tmp_path):
    main(['bag', str(strange_bag), '--out', str(tmp_path / 'out')])
    assert [path.name for path in tmp_path.iterdir()] == ['out']
    for name in ('summary.html', 'javascript:a(1);/report.html'):
        page = Page((tmp_path / 'out' / name).read_text())
        assert page.active == []
        assert [link for link in page.links if link.startswith('javascript:')] == []
    assert (
        'javascript%3Aa%281%29%3B/report.html' in (tmp_path / 'out' / 'summary.html').read_text()
    )


def test_malicious_report_text_is_escaped_in_summary(judged, tmp_path):
    strange = replace(judged.report, problems=(ATTACK,), source=ATTACK, name=ATTACK)
    job = BagJob(tmp_path / ATTACK, tmp_path / ATTACK, RunSettings())
    write_summary([Verdict(job, strange), Verdict(job, None, ATTACK)], tmp_path)
    assert Page((tmp_path / 'summary.html').read_text()).active == []
