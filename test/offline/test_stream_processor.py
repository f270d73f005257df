import dataclasses

import pytest
from bag_files import ns

from fer_ros.media.image_stream import StampedImage
from fer_ros.offline.stream_processor import StreamProcessor
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
from fer_ros.pipeline.settings import PipelineSettings


def stamped(images, stamps_s, topic='/camera', new_scene_s=None):
    for gray, stamp_s in zip(images, stamps_s, strict=False):
        yield StampedImage(
            topic,
            ns(stamp_s),
            ns(stamp_s),
            'camera',
            stamp_s,
            stamp_s,
            gray,
            lambda: None,
            new_scene=stamp_s == new_scene_s,
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


def test_estimates_match_those_of_the_pipeline_in_order(models, grays):
    processor = StreamProcessor(models, PipelineSettings(), ['/camera'])
    found = [frame for _, frame in processor.process(stamped(grays[:60], STAMPS))]
    pipeline = EmotionPipeline(models)
    expected = [pipeline.process(gray, s) for gray, s in zip(grays[:60], STAMPS, strict=False)]
    assert len(found) == len(expected) == 60
    assert all(map(equal, found, expected))
    assert max(len(frame.faces) for frame in found) == 2


def test_topics_have_separate_faces_with_unique_ids(models, grays):
    both = [
        image
        for pair in zip(
            stamped(grays[:4], STAMPS, '/left'), stamped(grays[:4], STAMPS, '/right'), strict=True
        )
        for image in pair
    ]
    processor = StreamProcessor(models, PipelineSettings(), ['/left', '/right'])
    found = [
        (image.topic, face.face_id)
        for image, frame in processor.process(iter(both))
        for face in frame.faces
    ]
    assert set(found) == {('/left', 1), ('/right', 2)}


@pytest.mark.parametrize('resumed_s', [5.0, 10.3])
def test_new_scene_resets_faces_and_smoothing(models, grays, resumed_s):
    stamps = [10.0, 10.1, 10.2, resumed_s, resumed_s + 0.1]
    processor = StreamProcessor(models, PipelineSettings(), ['/camera'])
    found = list(processor.process(stamped(grays[:5], stamps, new_scene_s=resumed_s)))
    assert [frame.stamp_s for _, frame in found] == stamps
    assert [[face.face_id for face in frame.faces] for _, frame in found] == [
        [1],
        [1],
        [1],
        [2],
        [2],
    ]
    first_again = found[3][1].faces[0]
    assert (first_again.probabilities == first_again.frame_probabilities).all()


def test_pipeline_settings_are_applied(models, grays):
    settings = dataclasses.replace(PipelineSettings(), confidence_threshold=1.0)
    (found,) = StreamProcessor(models, settings, ['/camera']).process(stamped(grays[:1], STAMPS))
    assert found[1].faces[0].emotion == ''


def test_every_stage_is_timed(models, grays):
    processor = StreamProcessor(models, PipelineSettings(), ['/camera'])
    list(processor.process(stamped(grays[:5], STAMPS)))
    assert {'detector', 'landmarks', 'model', 'smoothing'} <= set(processor.stage_s())
