import json
import re
import sys
from pathlib import Path

import cv2
import pytest
from bag_files import write_images
from web_server import served

from fer_ros.cli import main
from fer_ros.media.image_stream import ImageStream, TimeOrigin
from fer_ros.offline.run import default_folder

NOTHING = ['--no-bag', '--no-table', '--no-video', '--no-timeline', '--no-page']
ONLY_TABLE = [flag for flag in NOTHING if flag != '--no-table']


def exit_of(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


@pytest.fixture(scope='module')
def second_bag(clip, tmp_path_factory):
    """One second with one face."""
    return write_images(tmp_path_factory.mktemp('second') / 'second', clip[:10], 10)


def test_bag_run_prints_result_and_writes_summary(second_bag, tmp_path, capsys):
    main(['bag', str(second_bag), '--out', str(tmp_path), *NOTHING])
    out = capsys.readouterr().out
    assert 'second: images of /camera/image_raw (10)' in out
    assert 'second: 10 images of /camera/image_raw in 0.9 s, 1 face in each image' in out
    assert '  #1  0.0–0.9 s  happiness 100 %\n' in out
    assert f'  files in {tmp_path}/second: report.json\n' in out
    assert {path.name for path in tmp_path.iterdir()} == {'second', 'summary.html', 'summary.json'}
    assert json.loads((tmp_path / 'summary.json').read_text())['images'] == 10


def test_bag_run_shows_progress_bar_with_rate_speed_and_time_left(second_bag, tmp_path, capsys):
    main(['bag', str(second_bag), '--out', str(tmp_path), *NOTHING])
    err = capsys.readouterr().err
    assert 'second: 100%' in err
    # A rate below 1 is written as seconds per image.
    assert re.search(r'\d( images/s|s/ images), \d+\.\d × real time', err)
    assert '<00:00' in err


def test_bag_run_reports_each_step_before_and_after_the_images(second_bag, tmp_path, capsys):
    main(['bag', str(second_bag), '--out', str(tmp_path), '--no-table', '--no-bag'])
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith('second: ') and '%' not in line] == [
        'second: loading models',
        'second: completing annotated.mp4',
        'second: drawing timeline.png',
        'second: writing report.html',
    ]


def test_video_on_page_has_a_poster_image(second_bag, tmp_path):
    main(['bag', str(second_bag), '--out', str(tmp_path), '--no-timeline', '--no-bag'])
    page = (tmp_path / 'second' / 'report.html').read_text()
    assert re.search(r'<video [^>]*poster="data:image/jpeg;base64,', page)


def test_agreement_with_labels_is_printed(second_bag, tmp_path, capsys):
    (tmp_path / 'l.csv').write_text('start_s,end_s,emotion\n0,1,happiness\n')
    arguments = ['--out', str(tmp_path / 'out'), '--labels', str(tmp_path / 'l.csv'), *NOTHING]
    main(['bag', str(second_bag), *arguments])
    assert (
        'correct in 100.0% of 10 labelled images and 100.0% of 1 labels' in capsys.readouterr().out
    )


def test_parameter_file_of_node_is_used(second_bag, tmp_path):
    (tmp_path / 'p.yaml').write_text(
        'fer_node:\n  ros__parameters:\n    confidence_threshold: 1.0\n'
    )
    arguments = ['--out', str(tmp_path / 'out'), '--params', str(tmp_path / 'p.yaml'), *NOTHING]
    main(['bag', str(second_bag), *arguments])
    report = json.loads((tmp_path / 'out' / 'second' / 'report.json').read_text())
    assert set(report['behaviour']['emotions']) == {'uncertain'}
    assert report['parameters']['confidence_threshold'] == 1.0


def test_failed_bag_is_an_error_and_other_bags_finish(second_bag, tmp_path, capsys):
    missing = str(tmp_path / 'missing')
    code = exit_of(['bag', missing, str(second_bag), '--out', str(tmp_path / 'out'), *NOTHING])
    assert code == 'fer-ros: 1 of 2 bags could not be processed'
    assert f'fer-ros: bag {missing} does not exist' in capsys.readouterr().err
    assert (tmp_path / 'out' / 'second' / 'report.json').is_file()
    summary = json.loads((tmp_path / 'out' / 'summary.json').read_text())
    assert [bag['failure'] for bag in summary['bags']] == [f'bag {missing} does not exist', '']


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--topic', '/up'], 'has no topic /up; there are: /camera/image_raw'),
        (['--labels', 'nothing.csv'], 'nothing.csv cannot be read'),
        (['--label-topic', '/said'], 'has no label topic /said; there are: /camera/image_raw'),
        (['--model', 'nothing.onnx'], 'nothing.onnx does not exist'),
    ],
)
def test_wrong_argument_is_reported(second_bag, tmp_path, capsys, arguments, sentence):
    code = exit_of(['bag', str(second_bag), '--out', str(tmp_path), *arguments, *NOTHING])
    assert sentence in code


def test_wrong_parameter_is_reported_before_any_output_is_written(second_bag, tmp_path):
    (tmp_path / 'p.yaml').write_text('fer_node:\n  ros__parameters:\n    max_faces: 0\n')
    code = exit_of(
        [
            'bag',
            str(second_bag),
            '--out',
            str(tmp_path / 'out'),
            '--params',
            str(tmp_path / 'p.yaml'),
        ]
    )
    assert code == 'fer-ros: parameter max_faces is 0, expected 1 to 1000'
    assert not (tmp_path / 'out').exists()


def test_video_run_prints_result_and_writes_all_outputs(clip, tmp_path, capsys):
    writer = cv2.VideoWriter(
        str(tmp_path / 'v.avi'), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (320, 240)
    )
    for bgr in clip[:10]:
        writer.write(bgr)
    writer.release()
    (tmp_path / 'l.csv').write_text('start_s,end_s,emotion\n0,1,happiness\n')
    labels = ['--labels', str(tmp_path / 'l.csv')]
    main(['video', str(tmp_path / 'v.avi'), '--out', str(tmp_path / 'o'), *labels])
    out = capsys.readouterr().out
    assert 'v.avi: 10 images of v.avi in 0.9 s, 1 face in each image' in out
    assert out.endswith(
        f'  #1  0.0–0.9 s  happiness 100 %\n  files in {tmp_path}/o: report.html, timeline.png, '
        'emotion.csv, emotion, annotated.mp4, report.json\n'
    )
    assert {path.name for path in (tmp_path / 'o').iterdir()} == {
        *('annotated.mp4', 'emotion', 'emotion.csv', 'emotion.parquet'),
        *('report.html', 'report.json', 'timeline.png'),
    }
    report = json.loads((tmp_path / 'o' / 'report.json').read_text())
    assert report['agreement']['images']['accuracy'] == 1.0


def test_outputs_of_image_go_beside_it_by_default(clip, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite('face.png', clip[0])
    main(['video', 'face.png', *NOTHING])
    report = json.loads((tmp_path / 'face_emotion' / 'report.json').read_text())
    assert report['emotions'] == {'happiness': 1}


def test_folders_whose_names_differ_after_a_point_do_not_share_outputs(
    clip, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ('2024.05.12', '2024.05.13'):
        (tmp_path / name).mkdir()
        cv2.imwrite(f'{name}/face.png', clip[0])
        main(['video', name, *NOTHING])
    for name in ('2024.05.12', '2024.05.13'):
        report = json.loads((tmp_path / f'{name}_emotion' / 'report.json').read_text())
        assert report['source'] == name


@pytest.mark.parametrize(
    ('source', 'name', 'folder'),
    [
        ('0', 'webcam_0', 'webcam_0_emotion'),
        ('rtsp://10.0.0.20', '10.0.0.20', '10.0.0.20_emotion'),
        ('rtsp://10.0.0.20/live', '10.0.0.20/live', '10.0.0.20_live_emotion'),
    ],
)
def test_each_camera_has_a_folder_of_its_own_by_default(source, name, folder):
    stream = ImageStream(name, {name: 0}, iter(()), TimeOrigin(0, 0), live=True)
    assert default_folder(source, stream) == Path(folder)


def test_missing_video_is_reported(tmp_path):
    code = exit_of(['video', 'nothing.mp4', '--out', str(tmp_path / 'o')])
    assert code == 'fer-ros: image source nothing.mp4 does not exist'
    assert not (tmp_path / 'o').exists()


def test_bench_bag_prints_speed_and_memory(tmp_path, capsys):
    lengths = ['--rounds', '1', '--seconds', '0.5', '--minutes', '0.02']
    main(['bench', 'bag', *lengths, '--json', str(tmp_path / 'b.json')])
    out = capsys.readouterr().out
    for row in ('pipeline alone', 'bag, all outputs', 'bag, without video', '0.02 min'):
        assert f'\n{row} ' in out
    report = json.loads((tmp_path / 'b.json').read_text())
    assert report['speed']['pipeline alone']['of_the_pipeline'] == 1.0
    assert report['memory']['0.02 min']['peak_mb'] > 50


def test_without_pyarrow_table_is_written_as_csv_only(two_faces_bgr, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    cv2.imwrite(str(tmp_path / 'i.png'), two_faces_bgr)
    main(['video', str(tmp_path / 'i.png'), '--out', str(tmp_path / 'o'), *ONLY_TABLE])
    assert {path.name for path in (tmp_path / 'o').iterdir()} == {'emotion.csv', 'report.json'}


def test_loading_models_is_the_first_message(second_bag, tmp_path, capsys):
    main(['bag', str(second_bag), '--out', str(tmp_path), *NOTHING])
    assert capsys.readouterr().err.startswith('second: loading models\n')


def test_picture_run_prints_result_and_output_files(clip, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / 'i.png'), clip[0])
    main(['video', str(tmp_path / 'i.png'), '--out', str(tmp_path / 'o'), '--no-table'])
    out, err = capsys.readouterr()
    assert out == (
        f'i.png: #1 happiness 100%\n  files in {tmp_path}/o: annotated.png, report.json\n'
    )
    assert err.startswith('i.png: loading models\n')


def test_missing_bag_is_reported_and_nothing_else_is_printed(tmp_path, capsys):
    code = exit_of(['bag', str(tmp_path / 'monday'), '--out', str(tmp_path / 'out'), *NOTHING])
    assert code == f'fer-ros: bag {tmp_path}/monday does not exist'
    assert capsys.readouterr() == ('', '')


def test_min_face_px_and_mirror_flags_take_effect(two_faces_bgr, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / 'i.png'), two_faces_bgr)

    def rows(*flags):
        main(['video', str(tmp_path / 'i.png'), '--out', str(tmp_path / 'o'), *ONLY_TABLE, *flags])
        return (tmp_path / 'o' / 'emotion.csv').read_text().splitlines()[1:]

    as_it_is = rows()
    assert len(as_it_is) == 2
    assert rows('--min-face-px', '400') == []
    mirrored = rows('--mirror')
    assert len(mirrored) == 2
    assert mirrored != as_it_is


def test_invalid_min_face_px_is_reported(tmp_path):
    code = exit_of(['video', 'i.png', '--out', str(tmp_path), '--min-face-px', '1'])
    assert code.startswith('fer-ros: parameter min_face_px is 1, expected 0 or ')


def test_password_of_camera_is_neither_written_nor_printed(portrait_bgr, tmp_path, capfd):
    out = tmp_path / 'out'
    with served(tmp_path, portrait_bgr, password='secret') as host:
        main(['video', f'http://me:secret@{host}/live', '--seconds', '5', '--out', str(out)])
    assert json.loads((out / 'report.json').read_text())['source'] == 'http://127.0.0.1/live'
    said = capfd.readouterr()
    assert '127.0.0.1/live: ' in said.out
    assert 'secret' not in said.out + said.err
    files = [path for path in out.rglob('*') if path.is_file()]
    assert len(files) >= 6
    assert not any(b'secret' in path.read_bytes() for path in files)
