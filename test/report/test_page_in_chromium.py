"""The page in a browser: on a wide screen and on a phone, in light and in dark mode."""

import cv2
import numpy as np
import pytest
from chromium import ask
from frames import CLASSES, face, frame

from fer_ros.analysis.agreement import measure_agreement
from fer_ros.analysis.behaviour import measure_behaviour
from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.label_intervals import LabelInterval, Labels
from fer_ros.media.video_file import VideoFile
from fer_ros.report.page import PagePictures, write_page, write_summary_page
from fer_ros.report.report import Report, ReportedModel, Speed
from fer_ros.report.summary import FailedLine, JudgedLine, Summary
from fer_ros.report.thumbnails import Thumbnail
from fer_ros.report.timeline import make_timeline

pytestmark = pytest.mark.long

TOPICS = ('/robot/camera_with_a_long_name/left/image_raw', '/right/image_raw')
JPEG = cv2.imencode('.jpg', np.full((200, 320, 3), 128, np.uint8))[1].tobytes()


def log_of_a_crowd():
    """Return ten seconds of two topics, with eight faces that show all emotions."""
    labels = Labels([LabelInterval(1, 3, 'happiness'), LabelInterval(4, 9, 'fear', 3)])
    log = EmotionLog(CLASSES, labels)
    for step in range(100):
        for topic in TOPICS:
            faces = [
                face(number, CLASSES[(step // 9 + number) % 3])
                for number in range(1, 9)
                if 5 * number <= step
            ]
            log.append(topic, step / 10, frame(step / 10, *faces))
    return log


@pytest.fixture(scope='module')
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp('page')
    log = log_of_a_crowd()
    video = VideoFile(folder / 'annotated.mp4')
    for step in range(10):
        video.write(np.full((48, 64, 3), 20 * step, np.uint8), step / 10)
    video.close()
    report = Report(
        source='a',
        name='a_recording_with_a_name_that_is_much_longer_than_a_phone_is_wide_2026_11_26.mcap',
        version='1',
        model=ReportedModel('ferplus.onnx', CLASSES),
        parameters={},
        parts=('page', 'video'),
        videos=('annotated.mp4',),
        problems=(f'{TOPICS[0]}: left out 12 images that could not be decoded',),
        behaviour=measure_behaviour(log),
        agreement=measure_agreement(log),
        speed=Speed(1.0, 100.0, 10.0, {'gray': 1.0, 'model': 2.0}),
    )
    pictures = {(topic, number): JPEG for topic in TOPICS for number in range(1, 9)}
    worst = [Thumbnail(0.9, TOPICS[0], 1.0, 'fear', 'neutral', 0.9, 3, JPEG)]
    shown = PagePictures(pictures, worst, {'annotated.mp4': JPEG})
    write_page(report, make_timeline(log), shown, folder / 'report.html')
    return folder / 'report.html'


@pytest.mark.parametrize('width', [400, 1200])
@pytest.mark.parametrize('dark', [False, True], ids=['light', 'dark'])
def test_page_fits_screen_width(page, width, dark):
    assert ask(page, width, 'said(document.scrollingElement.scrollWidth)', dark) <= width


def test_elements_wider_than_a_phone_scroll_on_their_own(page):
    script = """
        const out = [...document.querySelectorAll('main *')].filter(
            (one) => one.getBoundingClientRect().right > 400 && !one.closest('.scroll'));
        said(out.map((one) => one.outerHTML.slice(0, 80)));"""
    assert ask(page, 400, script) == []


@pytest.mark.parametrize('width', [400, 1200])
def test_text_is_large_enough_to_read(page, width):
    script = """
        const texts = [...document.querySelectorAll('main *')].filter((one) =>
            [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
            && one.getClientRects().length);
        const sizes = texts.map((one) => {
            const svg = one.ownerSVGElement;
            const scale = svg ? svg.clientWidth / svg.viewBox.baseVal.width : 1;
            return scale * parseFloat(window.getComputedStyle(one).fontSize);
        });
        said([texts.length, Math.min(...sizes)]);"""
    count, least_px = ask(page, width, script)
    assert count > 100
    assert least_px >= 12


@pytest.mark.parametrize(('dark', 'ground', 'ink'), [(False, 246, 29), (True, 20, 232)])
def test_page_follows_preferred_color_scheme(page, dark, ground, ink):
    script = """
        const style = window.getComputedStyle(document.body);
        said([style.backgroundColor, style.color].map((one) => parseInt(one.slice(4))));"""
    assert ask(page, 1200, script, dark) == [ground, ink]


def test_emotion_color_is_brighter_on_dark_page(page):
    script = """
        const square = document.querySelector('.legend .chip i');
        said(window.getComputedStyle(square).backgroundColor);"""
    assert CLASSES[0] == 'neutral'
    assert ask(page, 1200, script) == 'rgb(160, 160, 160)'
    assert ask(page, 1200, script, dark=True) == 'rgb(200, 200, 200)'


def test_video_has_a_poster_image_that_loads(page):
    script = """
        const video = document.querySelector('video'), poster = new window.Image();
        poster.onload = () => said([video.poster === poster.src, poster.naturalWidth]);
        poster.src = video.poster;"""
    assert ask(page, 1200, script) == [True, 320]


def test_each_face_has_picture_in_table_and_beside_its_timeline_row(page):
    script = """
        const loaded = (where) => [...document.querySelectorAll(`${where} img.portrait`)].filter(
            (one) => one.complete && one.naturalWidth).length;
        said([loaded('table.faces'), loaded('.row')]);"""
    assert ask(page, 1200, script) == [16, 12]


def test_face_without_timeline_row_says_why(page):
    script = "said([...document.querySelectorAll('.shares small')].map((one) => one.textContent))"
    assert (
        ask(page, 1200, script)
        == ['not in the timeline: the 12 faces seen longest have a row'] * 4
    )


def test_bars_have_percentages_beside_them(page):
    script = """
        const rows = [...document.querySelectorAll('td.wide')].filter(
            (one) => one.closest('section'));
        said(rows.map((one) => one.nextElementSibling.textContent));"""
    shares = ask(page, 1200, script)
    assert len(shares) == 3
    assert all(share.endswith(' %') for share in shares)


def test_printed_page_keeps_its_colours_and_does_not_scroll(page):
    script = """
        said([...document.styleSheets[0].cssRules]
            .filter((rule) => rule.media && rule.media.mediaText === 'print')
            .map((rule) => rule.cssText).join(' '));"""
    printed = ask(page, 1200, script)
    assert 'print-color-adjust: exact' in printed
    assert 'overflow: visible' in printed


def test_speed_section_is_last_and_collapsed(page):
    script = """
        const details = document.querySelector('main > :nth-last-child(2)');
        said([details.tagName, details.open, document.querySelector('.tiles').textContent]);"""
    tag, is_open, tiles = ask(page, 1200, script)
    assert (tag, is_open) == ('DETAILS', False)
    assert 'real time' not in tiles


def test_annotated_video_loads_without_error(page):
    script = """
        const video = document.querySelector('video');
        const tell = () => said([video.error && video.error.message, video.videoWidth]);
        if (video.readyState) tell(); else video.onloadeddata = video.onerror = tell;"""
    assert ask(page, 1200, script) == [None, 64]


def test_summary_page_fits_phone_width(tmp_path):
    name = 'a_recording_with_a_name_that_is_much_longer_than_a_phone_is_wide'
    judged = JudgedLine(name, 'b', '', ('late',), 'a', 9.0, 90, 1.4, 3.0, 0.5, 0.6, 100.0, 3.0)
    failed = FailedLine(name, 'b', f'bag {name} contains no images')
    summary = Summary('1', 1, 9.0, 90, 1.4, None, (judged, failed))
    write_summary_page(summary, tmp_path / 'summary.html')
    script = 'said(document.scrollingElement.scrollWidth)'
    assert ask(tmp_path / 'summary.html', 400, script) <= 400
