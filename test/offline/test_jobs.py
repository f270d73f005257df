import csv
import json
import logging
import multiprocessing
import os
import shutil
import signal
import threading
from dataclasses import replace

import cv2
import numpy as np
import pyarrow.parquet
import pytest
from bag_files import (
    CAMERA_INFO,
    DELAY_NS,
    EMOTIONS,
    IMAGE,
    STRING,
    BagFile,
    camera_info,
    ns,
    raw,
    text,
    write_images,
)

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.offline.jobs import judge_bag, judge_bags, make_jobs
from fer_ros.offline.outputs import Outputs
from fer_ros.offline.recording import RecordingRun
from fer_ros.offline.settings import RunSettings, chosen_parameters
from fer_ros.report.report import ReportedModel

CLASSES = ['neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear', 'contempt']
OUTPUTS = {
    'annotated.mp4',
    'emotion',
    'emotion.csv',
    'emotion.parquet',
    'report.html',
    'report.json',
    'timeline.png',
}
# Number of workers that a task may kill before it is given up.
ONE_TRY = ('allowed_failures', 0)
QUICK = RunSettings(parts=(), progress=False)


def rows(folder):
    with (folder / 'emotion.csv').open() as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope='module')
def short_bags(clip, tmp_path_factory):
    """Four bags of one second; the third is empty."""
    folder = tmp_path_factory.mktemp('short')
    return [
        write_images(folder / f'run{number}', [] if number == 2 else clip[:10], 10)
        for number in range(4)
    ]


def test_folder_contains_every_output_and_nothing_else(judged):
    assert {path.name for path in judged.job.folder.iterdir()} == OUTPUTS
    assert [path.name for path in judged.job.folder.parent.iterdir()] == ['clip']


def test_report_states_behaviour_and_model(judged):
    report = judged.report
    behaviour = report.behaviour
    assert behaviour.images == 120
    assert behaviour.topics['/camera/image_raw'].rate_hz == pytest.approx(10)
    # About three of the twelve seconds show no face.
    assert 0.7 < behaviour.coverage < 0.85
    assert next(iter(behaviour.emotions)) == 'happiness'
    assert report.problems == ()
    assert report.model == ReportedModel('ferplus.onnx', tuple(CLASSES))


def test_report_file_has_expected_keys(judged):
    written = json.loads((judged.job.folder / 'report.json').read_text())
    assert list(written) == [
        *('source', 'name', 'version', 'model', 'parameters', 'parts', 'problems', 'videos'),
        *('behaviour', 'agreement', 'speed', 'key'),
    ]
    assert written['behaviour']['topics']['/camera/image_raw']['images'] == 120
    assert set(written['agreement']['images']) == {
        *('count', 'accuracy', 'macro_f1', 'classes', 'confusion')
    }
    assert {'elapsed_s', 'frames_per_second', 'times_real_time', 'stage_ms'} == set(
        written['speed']
    )


def test_report_states_agreement_with_labels(judged):
    agreement = judged.report.agreement
    found = [(i.label, i.estimate, i.no_face_share) for i in agreement.each]
    assert found[0] == ('happiness', 'happiness', 0.0)
    assert found[1][:2] == ('happiness', 'happiness')
    # There is no face.
    assert found[2] == ('happiness', '', 1.0)
    # The label is wrong, and the portrait smiles.
    assert found[3][:2] == ('sadness', 'happiness')
    assert agreement.intervals.accuracy == pytest.approx(2 / 3)
    assert agreement.images.accuracy == pytest.approx(50 / 68, abs=0.02)
    assert agreement.latency_s.recognised == 2


def test_table_has_one_row_per_face_and_image(judged):
    table = rows(judged.job.folder)
    assert len(table) == sum(face.images for face in judged.report.behaviour.faces)
    first = table[0]
    assert (first['stamp_s'], first['topic']) == ('1700000000.000000000', '/camera/image_raw')
    assert (first['face_id'], first['emotion']) == ('1', 'happiness')
    assert float(first['x0_px']) < float(first['x1_px']) <= 320
    assert sum(float(first[name]) for name in CLASSES) == pytest.approx(1, abs=1e-4)
    assert sum(float(first[f'{name}_frame']) for name in CLASSES) == pytest.approx(1, abs=1e-4)


def test_parquet_matches_csv(judged):
    table = pyarrow.parquet.read_table(judged.job.folder / 'emotion.parquet')
    written = rows(judged.job.folder)
    assert table.column_names == list(written[0])
    assert table.num_rows == len(written)
    assert table['happiness'].to_pylist() == pytest.approx(
        [float(row['happiness']) for row in written], abs=1e-5
    )
    assert table['face_id'].to_pylist() == [int(row['face_id']) for row in written]


def test_emotion_bag_has_stamped_messages_with_classes_and_faces(judged):
    from rosbags.highlevel import AnyReader

    with AnyReader([judged.job.folder / 'emotion']) as reader:
        (connection,) = reader.connections
        messages = [
            (time_ns, reader.deserialize(data, connection.msgtype))
            for _, time_ns, data in reader.messages()
        ]
    assert (connection.topic, connection.msgtype) == ('/emotion', EMOTIONS)
    assert len(messages) == 120
    time_ns, msg = messages[3]
    assert time_ns == ns(0.3) + DELAY_NS
    assert msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec == ns(0.3)
    assert msg.header.frame_id == 'camera_optical'
    assert msg.classes == CLASSES
    (face,) = msg.faces
    assert (face.face_id, face.emotion) == (1, 'happiness')
    assert face.confidence == pytest.approx(max(face.probabilities))
    assert len(face.landmarks) == 136


def test_position_of_head_follows_from_recorded_camera_info(clip, tmp_path):
    from rosbags.highlevel import AnyReader

    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/camera/image_raw', IMAGE)
        bag.topic('/camera/camera_info', CAMERA_INFO)
        bag.add('/camera/camera_info', camera_info(clip[0].shape[1::-1], 800.0), ns(0))
        bag.add('/camera/image_raw', raw(clip[0], ns(0.1)), ns(0.1))
    settings = RunSettings(parts=('bag',), progress=False)
    (job,) = make_jobs([tmp_path / 'run'], tmp_path / 'out', settings)
    judge_bag(job)
    with AnyReader([job.folder / 'emotion']) as reader:
        ((connection, _, data),) = reader.messages()
        (face,) = reader.deserialize(data, connection.msgtype).faces
    # A face of 0.15 m that is 100 px wide, say, is 1.2 m away.
    assert 0.5 < face.position.z < 4


def test_images_without_faces_have_messages_without_faces(judged):
    from rosbags.highlevel import AnyReader

    with AnyReader([judged.job.folder / 'emotion']) as reader:
        counts = [
            len(reader.deserialize(data, EMOTIONS).faces) for _, _, data in reader.messages()
        ]
    assert set(counts) == {0, 1, 2}


def test_video_shows_every_image_with_its_faces(judged, clip):
    capture = cv2.VideoCapture(str(judged.job.folder / 'annotated.mp4'))
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    assert len(images) == 120
    # A box is drawn around the face; an image without a face is unchanged.
    assert np.abs(images[5].astype(int) - clip[5]).mean() > 5
    assert np.abs(images[80].astype(int) - clip[80]).mean() < 5


def test_page_is_self_contained_in_one_file(judged):
    page = (judged.job.folder / 'report.html').read_text()
    assert page.lstrip().startswith('<!doctype html>')
    for outside in ('src="http', 'href="', '<script', '@import', 'url('):
        assert outside not in page
    assert 'data:image/jpeg;base64,' in page
    assert '<svg' in page
    assert 'Where estimate and label disagree most' in page


def test_parts_can_be_left_out(short_bags, tmp_path):
    (job,) = make_jobs(short_bags[:1], tmp_path, QUICK)
    assert judge_bag(job).failure == ''
    assert [path.name for path in job.folder.iterdir()] == ['report.json']


def test_labels_can_come_from_a_topic_of_the_bag(clip, tmp_path):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/image', IMAGE)
        bag.topic('/said', STRING)
        for index, bgr in enumerate(clip[:10]):
            bag.add('/image', raw(bgr, ns(index / 10)), ns(index / 10))
        bag.add('/said', text('happiness'), ns(0.25))
    settings = RunSettings(label_topic='/said', parts=(), progress=False)
    verdict = judge_bag(make_jobs([tmp_path / 'run'], tmp_path / 'out', settings)[0])
    (label,) = verdict.report.agreement.each
    assert (label.start_s, label.images, label.accuracy) == (0.25, 7, 1.0)


def test_emotion_bag_can_label_the_bag_it_was_made_from(judged, clip, tmp_path):
    from fer_ros.bags.reader import BagReader
    from fer_ros.messages.definitions import typestore

    with (
        BagFile(tmp_path / 'both') as both,
        BagReader(judged.job.folder / 'emotion') as emotions,
    ):
        both.topic('/camera/image_raw', IMAGE)
        both.topic('/emotion', EMOTIONS)
        for index, bgr in enumerate(clip):
            both.add('/camera/image_raw', raw(bgr, ns(index / 10)), ns(index / 10))
        for message in emotions.messages(['/emotion']):
            msg = typestore().deserialize_cdr(message.data, EMOTIONS)
            both.add('/emotion', msg, message.log_time_ns)
    settings = RunSettings(label_topic='/emotion', parts=(), progress=False)
    verdict = judge_bag(make_jobs([tmp_path / 'both'], tmp_path / 'out', settings)[0])
    agreement = verdict.report.agreement
    assert agreement.images.accuracy == 1.0
    assert agreement.images.count > 100
    assert agreement.no_face_share == 0.0


def test_truncated_bag_is_judged_and_report_states_losses(clip, tmp_path):
    bag = write_images(tmp_path / 'run', clip[:20], 10)
    file = bag / 'run.mcap'
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    verdict = judge_bag(make_jobs([bag], tmp_path / 'out', QUICK)[0])
    assert 8 <= verdict.report.behaviour.images <= 11
    assert 'of 20 recorded messages are lost' in ' '.join(verdict.report.problems)


def test_finished_bag_is_not_judged_again(short_bags, tmp_path):
    (job,) = make_jobs(short_bags[:1], tmp_path, QUICK)
    first = judge_bag(job)
    written = (job.folder / 'report.json').stat()
    second = judge_bag(job)
    assert (first.kept, second.kept) == (False, True)
    assert second.report == first.report
    again = (job.folder / 'report.json').stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_bag_with_unreadable_report_is_judged_again(short_bags, tmp_path):
    (job,) = make_jobs(short_bags[:1], tmp_path, QUICK)
    judge_bag(job)
    (job.folder / 'report.json').write_text('{"key": 1}')
    assert judge_bag(job).kept is False


@pytest.mark.parametrize(
    'change',
    [{'force': True}, {'settings': RunSettings(parts=('table',), progress=False)}],
    ids=['force', 'another part'],
)
def test_finished_bag_is_judged_again_if_forced_or_parts_change(short_bags, tmp_path, change):
    (job,) = make_jobs(short_bags[:1], tmp_path, QUICK)
    judge_bag(job)
    assert judge_bag(replace(job, **change)).kept is False


def test_finished_bag_is_judged_again_if_labels_change(short_bags, tmp_path):
    labels = tmp_path / 'l.csv'
    labels.write_text('start_s,end_s,emotion\n0,1,happiness\n')
    settings = RunSettings(labels=labels, parts=(), progress=False)
    (job,) = make_jobs(short_bags[:1], tmp_path / 'out', settings)
    assert judge_bag(job).report.agreement.images.accuracy == 1.0
    labels.write_text('start_s,end_s,emotion\n0,1,fear\n')
    assert judge_bag(job).report.agreement.images.accuracy == 0.0


def test_finished_bag_is_judged_again_if_model_file_changes(short_bags, tmp_path):
    model = tmp_path / 'model.onnx'
    shutil.copy(SHIPPED_MODEL, model)
    parameters = chosen_parameters(chosen={'model': str(model)})
    settings = RunSettings(parameters=parameters, parts=(), progress=False)
    (job,) = make_jobs(short_bags[:1], tmp_path / 'out', settings)
    assert [judge_bag(job).kept for _ in range(2)] == [False, True]
    # Content after the last message of the file is skipped, as an unknown field.
    model.write_bytes(model.read_bytes() + b'\xc2\x3e\x01\x00')
    assert judge_bag(job).kept is False


def test_interrupted_bag_leaves_no_files_and_is_fully_judged_next_time(
    short_bags, tmp_path, monkeypatch
):
    write = Outputs.write

    def interrupt(self, image, frame):
        if image.time_s > 0.5:
            raise KeyboardInterrupt
        write(self, image, frame)

    (job,) = make_jobs(short_bags[:1], tmp_path, QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(Outputs, 'write', interrupt)
        with pytest.raises(KeyboardInterrupt):
            judge_bag(job)
    assert list(tmp_path.iterdir()) == []
    assert judge_bag(job).report.behaviour.images == 10


def test_failed_bag_does_not_stop_other_bags(short_bags, tmp_path):
    verdicts = list(judge_bags(make_jobs(short_bags, tmp_path, QUICK), processes=2))
    failed = [verdict for verdict in verdicts if verdict.report is None]
    assert len(verdicts) == 4
    assert [verdict.job.bag.name for verdict in failed] == ['run2']
    assert 'run2 is empty: it contains no message' in failed[0].failure
    assert {path.name for path in tmp_path.iterdir()} == {'run0', 'run1', 'run3'}


@pytest.fixture
def stuck_jobs(short_bags, tmp_path):
    """Three bags, the first of which waits for labels from a pipe without a writer."""
    os.mkfifo(tmp_path / 'labels.csv')
    first, *others = make_jobs([short_bags[n] for n in (0, 1, 3)], tmp_path / 'out', QUICK)
    return [replace(first, settings=replace(QUICK, labels=tmp_path / 'labels.csv')), *others]


def names_of(verdicts):
    return sorted(verdict.job.bag.name for verdict in verdicts)


def test_killed_process_fails_only_its_bag_which_next_run_judges(stuck_jobs):
    verdicts = judge_bags(stuck_jobs, processes=2)
    finished = [next(verdicts), next(verdicts)]
    assert (names_of(finished), [v.failure for v in finished]) == (['run1', 'run3'], ['', ''])
    (process,) = multiprocessing.active_children()
    process.kill()
    (lost,) = verdicts
    assert lost.failure.endswith('run0: its process was ended by SIGKILL (out of memory?)')
    again = replace(stuck_jobs[0], settings=QUICK)
    assert judge_bag(again).failure == ''
    assert sorted(path.name for path in again.folder.parent.iterdir()) == ['run0', 'run1', 'run3']


def test_worker_processes_end_when_results_are_abandoned(stuck_jobs):
    verdicts = judge_bags(stuck_jobs, processes=2)
    next(verdicts)
    verdicts.close()
    assert multiprocessing.active_children() == []


@pytest.fixture
def dask_workers():
    """A scheduler with two workers, each a process that Dask starts again when it is killed."""
    distributed = pytest.importorskip('distributed')
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host='127.0.0.1',
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_killed_dask_worker_fails_only_its_bag(dask_workers, stuck_jobs):
    # Without retries: a bag that fills the memory would kill every worker that tries it.
    dask_workers.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, *ONE_TRY))
    address = dask_workers.scheduler.address
    verdicts = judge_bags(stuck_jobs, scheduler=address)
    finished = [next(verdicts), next(verdicts)]
    assert (names_of(finished), [v.failure for v in finished]) == (['run1', 'run3'], ['', ''])
    (busy,) = (worker for worker, tasks in dask_workers.processing().items() if tasks)
    os.kill(dask_workers.run(os.getpid)[busy], signal.SIGKILL)
    (lost,) = verdicts
    assert 'run0: ' in lost.failure
    assert busy in lost.failure


def test_dask_cluster_judges_the_bags(short_bags, tmp_path):
    distributed = pytest.importorskip('distributed')
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol='tcp://',
        dashboard_address=None,
        host='127.0.0.1',
    ) as cluster:
        jobs = make_jobs(short_bags[1:3], tmp_path, QUICK)
        verdicts = list(judge_bags(jobs, scheduler=cluster.scheduler_address))
    found = {verdict.job.bag.name: verdict.failure for verdict in verdicts}
    assert found['run1'] == ''
    assert 'run2 is empty' in found['run2']
    assert (tmp_path / 'run1' / 'report.json').is_file()


def test_unreachable_scheduler_is_an_error(short_bags, tmp_path):
    pytest.importorskip('distributed')
    with pytest.raises(SettingError, match='scheduler nowhere cannot be reached'):
        list(judge_bags(make_jobs(short_bags, tmp_path, QUICK), scheduler='nowhere'))


def test_negative_number_of_processes_is_an_error(short_bags, tmp_path):
    with pytest.raises(SettingError, match='processes is -1, expected 0 or more'):
        list(judge_bags(make_jobs(short_bags, tmp_path, QUICK), processes=-1))


def test_unexpected_error_is_reported_and_other_bags_finish(
    short_bags, tmp_path, monkeypatch, capsys
):
    write = RecordingRun.write

    def fail_once(run, stream, *rest):
        if stream.name == 'run0':
            raise ZeroDivisionError('by zero')
        return write(run, stream, *rest)

    monkeypatch.setattr(RecordingRun, 'write', fail_once)
    verdicts = list(judge_bags(make_jobs(short_bags[:2], tmp_path, QUICK), processes=1))
    assert verdicts[0].failure.endswith('run0: ZeroDivisionError: by zero')
    assert 'fail_once' in capsys.readouterr().err
    assert verdicts[1].failure == ''


def test_bag_given_twice_is_an_error(short_bags, tmp_path):
    with pytest.raises(SettingError, match='run0 is given twice'):
        make_jobs([short_bags[0], short_bags[0]], tmp_path, QUICK)


def test_bags_with_same_name_have_separate_folders(tmp_path):
    jobs = make_jobs([tmp_path / 'a' / 'run', tmp_path / 'b' / 'run'], tmp_path, QUICK)
    names = [job.folder.name for job in jobs]
    assert names[0].endswith('a-run')
    assert names[1].endswith('b-run')


def test_bags_whose_folders_join_to_the_same_name_have_separate_folders(tmp_path):
    bags = [tmp_path / '2024-05' / '01' / 'run', tmp_path / '2024' / '05-01' / 'run']
    assert len({job.folder for job in make_jobs(bags, tmp_path, QUICK)}) == 2


def test_no_thread_is_left_behind(short_bags, tmp_path):
    judge_bag(make_jobs(short_bags[:1], tmp_path, QUICK)[0])
    assert [t.name for t in threading.enumerate() if 'ahead' in t.name or 'behind' in t.name] == []
