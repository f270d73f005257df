import dataclasses

import numpy as np
import pytest
from bag_files import ns

from fer_ros.media.image_stream import StampedImage
from fer_ros.offline.estimates import Replay
from fer_ros.offline.journal import Journal
from fer_ros.pipeline import EmotionPipeline, PipelineSettings


def stamped(images, stamps_s, topic='/camera'):
    for gray, stamp_s in zip(images, stamps_s, strict=False):
        yield StampedImage(
            topic, ns(stamp_s), ns(stamp_s), 'camera', stamp_s, stamp_s, gray, lambda: None
        )


@pytest.fixture(scope='module')
def grays(clip):
    import cv2

    return [cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY) for bgr in clip]


STAMPS = [index / 10 for index in range(120)]


def equal(a, b):
    return (
        a.stamp_s == b.stamp_s
        and [face.face_id for face in a.faces] == [face.face_id for face in b.faces]
        and all(
            x.box == y.box and (x.probabilities == y.probabilities).all()
            for x, y in zip(a.faces, b.faces, strict=True)
        )
    )


def test_estimates_are_those_of_the_pipeline_in_order(models, grays):
    replay = Replay(models, PipelineSettings())
    found = [frame for _, frame in replay.run(stamped(grays[:60], STAMPS))]
    pipeline = EmotionPipeline(models)
    expected = [pipeline.process(gray, s) for gray, s in zip(grays[:60], STAMPS, strict=False)]
    assert all(map(equal, found, expected))
    assert max(len(frame.faces) for frame in found) == 2
    assert replay.estimated == 60


def test_each_topic_has_its_own_faces(models, grays):
    both = [
        image
        for pair in zip(
            stamped(grays[:4], STAMPS, '/left'), stamped(grays[:4], STAMPS, '/right'), strict=True
        )
        for image in pair
    ]
    found = [
        (image.topic, face.face_id)
        for image, frame in Replay(models, PipelineSettings()).run(iter(both))
        for face in frame.faces
    ]
    assert set(found) == {('/left', 1), ('/right', 1)}


def test_stamp_that_jumps_back_forgets_the_faces(models, grays):
    stamps = [10.0, 10.1, 10.2, 5.0, 5.1]
    found = list(Replay(models, PipelineSettings()).run(stamped(grays[:5], stamps)))
    assert [frame.stamp_s for _, frame in found] == stamps
    assert [[face.face_id for face in frame.faces] for _, frame in found] == [
        [1],
        [1],
        [1],
        [2],
        [2],
    ]


def test_settings_are_those_of_the_pipeline(models, grays):
    settings = dataclasses.replace(PipelineSettings(), confidence_threshold=1.0)
    (found,) = Replay(models, settings).run(stamped(grays[:1], STAMPS))
    assert found[1].faces[0].emotion == ''


def test_every_stage_is_timed(models, grays):
    replay = Replay(models, PipelineSettings())
    list(replay.run(stamped(grays[:5], STAMPS)))
    assert {'detector', 'landmarks', 'model', 'smoothing'} <= set(replay.stage_s())


def test_interrupted_replay_goes_on_as_if_it_had_not_been(models, grays, tmp_path, monkeypatch):
    monkeypatch.setattr('fer_ros.offline.estimates._SAVE_EVERY', 20)
    whole = [frame for _, frame in Replay(models, PipelineSettings()).run(stamped(grays, STAMPS))]
    first = Replay(models, PipelineSettings(), Journal(tmp_path / 'j', 'key'))
    running = first.run(stamped(grays, STAMPS))
    for _ in range(70):
        next(running)
    running.close()
    journal = Journal(tmp_path / 'j', 'key')
    second = Replay(models, PipelineSettings(), journal)
    found = [frame for _, frame in second.run(stamped(grays, STAMPS))]
    assert 40 <= journal.count <= 60
    assert second.estimated == 120 - journal.count
    assert len(found) == 120
    assert all(map(equal, found, whole))


def test_journal_of_other_settings_is_begun_anew(models, grays, tmp_path):
    journal = Journal(tmp_path / 'j', 'key')
    frame = EmotionPipeline(models).process(grays[0], 0.0)
    journal.append(frame)
    journal.save({})
    assert Journal(tmp_path / 'j', 'key').count == 1
    assert Journal(tmp_path / 'j', 'other').count == 0
    assert Journal(tmp_path / 'j', 'key').count == 0


def test_journal_keeps_what_was_saved_and_nothing_more(models, grays, tmp_path):
    frame = EmotionPipeline(models).process(grays[0], 0.0)
    journal = Journal(tmp_path / 'j', 'key')
    journal.append(frame)
    journal.save({'/camera': 'memory'})
    journal.append(frame)
    again = Journal(tmp_path / 'j', 'key')
    (restored,) = again.restored()
    assert np.array_equal(restored.faces[0].probabilities, frame.faces[0].probabilities)
    assert again.memories() == {'/camera': 'memory'}
    again.remove()
    assert not (tmp_path / 'j').exists()
