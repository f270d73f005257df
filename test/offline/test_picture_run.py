import csv
import json

import cv2
import numpy as np
import pytest

from fer_ros.cli import main


@pytest.fixture(scope='module')
def folder(portrait_bgr, tmp_path_factory):
    """A smiling face, the same but darker, no face, and the first again."""
    folder = tmp_path_factory.mktemp('pictures') / 'people'
    folder.mkdir()
    for name, bgr in {
        '1.png': portrait_bgr,
        '2.png': (portrait_bgr * 0.3).astype(np.uint8),
        '10.png': np.full_like(portrait_bgr, 128),
        '11.png': portrait_bgr,
    }.items():
        cv2.imwrite(str(folder / name), bgr)
    return folder


@pytest.fixture(scope='module')
def judged(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp('judged') / 'o'
    main(['video', str(folder), '--out', str(out)])
    return out


def rows(out):
    with (out / 'emotion.csv').open() as stream:
        return list(csv.DictReader(stream))


def test_each_picture_is_judged_on_its_own(judged, folder, models):
    from fer_ros.pipeline.emotion_pipeline import EmotionPipeline

    found = {row['file']: row for row in rows(judged)}
    assert list(found) == ['1.png', '2.png', '11.png']
    for name, row in found.items():
        (face,) = EmotionPipeline(models).analyze(cv2.imread(str(folder / name))).faces
        assert row['emotion'] == face.emotion
        assert float(row['confidence']) == pytest.approx(face.confidence, abs=1e-4)
    assert {row['face_id'] for row in found.values()} == {'1'}


def test_folder_of_pictures_gives_picture_outputs_only(judged):
    assert {path.name for path in judged.iterdir()} == {
        *('annotated', 'contact_sheet.png', 'report.html', 'report.json'),
        *('emotion.csv', 'emotion.parquet'),
    }
    assert {path.name for path in (judged / 'annotated').iterdir()} == {
        *('1.png', '2.png', '10.png', '11.png'),
    }


def test_report_lists_pictures_in_natural_order_and_counts_emotions(judged):
    report = json.loads((judged / 'report.json').read_text())
    assert [picture['file'] for picture in report['pictures']] == [
        *('1.png', '2.png', '10.png', '11.png'),
    ]
    assert (report['with_face'], report['faces']) == (3, 3)
    assert sum(report['emotions'].values()) == 3
    assert report['emotions']['happiness'] >= 2


def test_page_shows_every_picture_and_no_timeline(judged):
    page = (judged / 'report.html').read_text()
    assert page.count('<figure>') == 4
    assert 'no face' in page
    assert 'timeline' not in page.lower()


def test_counts_are_printed_and_no_video_omits_annotated_pictures(folder, tmp_path, capsys):
    main(['video', str(folder), '--out', str(tmp_path / 'o'), '--no-video'])
    out, err = capsys.readouterr()
    assert 'people: 4 pictures, 3 with a face, 3 faces: happiness ' in out
    assert 'real time' not in out + err
    assert not (tmp_path / 'o' / 'annotated').exists()


def test_single_picture_has_no_page_timeline_or_video(folder, tmp_path, capsys):
    main(['video', str(folder / '1.png'), '--out', str(tmp_path / 'o')])
    assert {path.name for path in (tmp_path / 'o').iterdir()} == {
        *('annotated.png', 'report.json', 'emotion.csv', 'emotion.parquet'),
    }
    out = capsys.readouterr().out
    assert '1.png: #1 happiness ' in out
    assert 'real time' not in out


def test_annotate_selects_what_is_drawn_on_a_picture(folder, portrait_bgr, tmp_path):
    path, out = str(folder / '1.png'), tmp_path / 'o'
    drawn = []
    for parts in ('box', 'box,label'):
        main(['video', path, '--out', str(out), '--annotate', parts])
        drawn.append((cv2.imread(str(out / 'annotated.png')) != portrait_bgr).any(axis=2).sum())
    assert 0 < drawn[0] < drawn[1]


def test_second_run_replaces_all_picture_outputs_of_first(folder, tmp_path):
    out = tmp_path / 'o'
    main(['video', str(folder / '1.png'), '--out', str(out)])
    main(['video', str(folder / '2.png'), '--out', str(out), '--no-table'])
    assert {path.name for path in out.iterdir()} == {'annotated.png', 'report.json'}
    report = json.loads((out / 'report.json').read_text())
    assert [picture['file'] for picture in report['pictures']] == ['2.png']
    assert cv2.imread(str(out / 'annotated.png')).mean() < 60


def test_rate_turns_pictures_into_a_video(folder, tmp_path):
    arguments = ['--rate-hz', '10', '--no-video', '--no-page', '--no-timeline', '--no-bag']
    main(['video', str(folder), '--out', str(tmp_path / 'o'), *arguments])
    assert [row['stamp_s'] for row in rows(tmp_path / 'o')][:2] == ['0.000000000', '0.100000000']


def test_labels_for_pictures_are_refused(folder, tmp_path):
    (tmp_path / 'l.csv').write_text('start_s,end_s,emotion\n0,1,happiness\n')
    with pytest.raises(SystemExit, match='labels need times, which pictures do not have'):
        main(['video', str(folder), '--labels', str(tmp_path / 'l.csv'), '--out', str(tmp_path)])


def test_pictures_with_same_name_and_different_formats_are_both_annotated(portrait_bgr, tmp_path):
    (tmp_path / 'two').mkdir()
    for name in ('a.jpg', 'a.png'):
        cv2.imwrite(str(tmp_path / 'two' / name), portrait_bgr)
    main(['video', str(tmp_path / 'two'), '--out', str(tmp_path / 'o'), '--no-page'])
    assert {path.name for path in (tmp_path / 'o' / 'annotated').iterdir()} == {
        *('a.png', 'a.png.png'),
    }


def test_folder_of_damaged_pictures_is_an_error_and_writes_nothing(tmp_path):
    (tmp_path / 'p').mkdir()
    (tmp_path / 'p' / 'a.png').write_bytes(b'\x89PNG')
    with pytest.raises(SystemExit, match=r'a\.png cannot be read: 4 bytes are not a picture'):
        main(['video', str(tmp_path / 'p'), '--out', str(tmp_path / 'o')])
    assert not (tmp_path / 'o').exists()
