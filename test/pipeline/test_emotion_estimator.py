import math
from dataclasses import replace

import numpy as np
import pytest

from fer_ros.errors import SettingError
from fer_ros.pipeline.emotion_estimator import estimate_together
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.smoothing import SmoothingSettings
from fer_ros.structures import Judgement


def test_smoothing_holds_back_a_change(models, portrait_bgr):
    settings = PipelineSettings(smoothing=SmoothingSettings(time_constant_s=1.0))
    pipeline = EmotionPipeline(models, settings)
    (before,) = pipeline.process(portrait_bgr, 0.0).faces
    darker = (portrait_bgr * 0.6).astype(np.uint8)
    darker[130:175, 195:255] = 40
    (after,) = pipeline.process(darker, 0.1).faces
    change = np.abs(after.frame_probabilities - before.probabilities).sum()
    assert change > 0.1
    assert 0 < np.abs(after.probabilities - before.probabilities).sum() < change / 2


def test_confidence_below_threshold_gives_no_emotion(models, portrait_bgr):
    pipeline = EmotionPipeline(models, PipelineSettings(confidence_threshold=1.0))
    (face,) = pipeline.process(portrait_bgr, 0.0).faces
    assert face.emotion == ''
    assert face.confidence > 0.8


def test_face_below_minimum_quality_is_not_judged(models, portrait_bgr):
    pipeline = EmotionPipeline(models, PipelineSettings(min_quality=1.0))
    (face,) = pipeline.process(portrait_bgr, 0.0).faces
    assert (face.face_id, face.emotion, face.judgement) == (1, '', Judgement.UNCLEAR)
    assert 0.8 < face.quality < 1
    assert math.isfinite(face.head.yaw_rad)
    assert math.isnan(face.confidence)
    assert (len(face.probabilities), len(face.frame_probabilities)) == (0, 0)


def test_smoothing_continues_across_images_not_judged(models, portrait_bgr):
    settings = PipelineSettings(
        smoothing=SmoothingSettings('average', time_constant_s=1.0), min_quality=0.0
    )
    pipeline, gap = EmotionPipeline(models, settings), replace(settings, min_quality=1.0)
    darker = (portrait_bgr * 0.6).astype(np.uint8)
    darker[130:175, 195:255] = 40
    (first,) = pipeline.process(portrait_bgr, 0.0).faces
    pipeline.settings = gap
    (between,) = pipeline.process(portrait_bgr, 0.1).faces
    pipeline.settings = settings
    (last,) = pipeline.process(darker, 0.2).faces
    assert (between.probabilities == first.probabilities).all()
    share = -math.expm1(-0.2)
    expected = first.probabilities + share * (last.frame_probabilities - first.probabilities)
    assert last.probabilities == pytest.approx(expected, abs=1e-5)


def test_faces_of_several_cameras_in_one_batch_are_estimated_as_if_alone(
    models, portrait_bgr, two_faces_bgr
):
    images = [two_faces_bgr, np.full_like(portrait_bgr, 90), portrait_bgr]
    alone = [EmotionPipeline(models) for _ in images]
    together = [EmotionPipeline(models) for _ in images]
    for step in range(3):
        expected = [
            pipeline.process(image, step / 30)
            for pipeline, image in zip(alone, images, strict=True)
        ]
        frames = estimate_together(
            [
                (pipeline.estimator, pipeline.observe(image, step / 30))
                for pipeline, image in zip(together, images, strict=True)
            ]
        )
        assert [len(frame.faces) for frame in frames] == [2, 0, 1]
        for frame, one in zip(frames, expected, strict=True):
            for face, other in zip(frame.faces, one.faces, strict=True):
                assert face.face_id == other.face_id
                assert face.probabilities == pytest.approx(other.probabilities, abs=1e-5)


def test_training_class_frequencies_are_corrected_before_smoothing(models, portrait_bgr):
    frames = {}
    for strength in (0.5, 1.0):
        pipeline = EmotionPipeline(models, PipelineSettings(prior_correction=strength))
        (face,) = pipeline.process(portrait_bgr, 0.0).faces
        assert (face.probabilities == face.frame_probabilities).all()
        frames[strength] = face.frame_probabilities
    figures = models.classifier.figures
    frequencies = np.array([figures['class_frequencies'][name] for name in pipeline.classes])
    taken_out = np.log(frames[0.5] / frames[1.0]) * figures['temperature']
    differences = taken_out - 0.5 * np.log(frequencies)
    assert differences == pytest.approx(np.full(8, differences[0]), abs=1e-3)


def test_prior_correction_unsupported_by_model_is_refused_and_old_one_kept(models, portrait_bgr):
    class Forgetful:
        """The shipped model without any figures of its training."""

        config, path, name = models.classifier.config, models.classifier.path, 'forgetful'
        figures, logits = {}, models.classifier.logits

    forgetful = replace(models, classifier=Forgetful())
    with pytest.raises(
        SettingError, match='does not state how often its training drew each class'
    ):
        EmotionPipeline(forgetful)
    settings = PipelineSettings(prior_correction=0.0)
    pipeline = EmotionPipeline(forgetful, settings)
    with pytest.raises(SettingError, match='set prior_correction to 0'):
        pipeline.settings = PipelineSettings(prior_correction=0.5)
    assert pipeline.settings == settings
    (face,) = pipeline.process(portrait_bgr, 0.0).faces
    assert face.emotion == 'happiness'


def test_usual_expression_of_a_person_is_subtracted_from_20_s_on(models, portrait_bgr):
    pipeline = EmotionPipeline(models, PipelineSettings(adapt_to_person=1.0))
    frames = [pipeline.process(portrait_bgr, float(second)) for second in range(23)]
    known = [frame.faces[0].frame_probabilities.max() for frame in frames]
    assert known[19] == pytest.approx(known[0], abs=0.002)
    assert known[21] < known[0] - 0.01
    (alone,) = pipeline.analyze(portrait_bgr).faces
    assert alone.frame_probabilities.max() == pytest.approx(known[0], abs=0.002)
    pipeline.settings = replace(pipeline.settings, adapt_to_person=0.0)
    (off,) = pipeline.process(portrait_bgr, 23.0).faces
    assert off.frame_probabilities.max() == pytest.approx(known[0], abs=0.002)


def test_usual_expression_is_learned_anew_for_another_prior_correction(models, portrait_bgr):
    pipeline = EmotionPipeline(models, PipelineSettings(adapt_to_person=1.0))
    for second in range(22):
        pipeline.process(portrait_bgr, float(second))
    pipeline.settings = replace(pipeline.settings, prior_correction=0.3)
    (face,) = pipeline.process(portrait_bgr, 22.0).faces
    alone = EmotionPipeline(models, PipelineSettings(prior_correction=0.3))
    (expected,) = alone.analyze(portrait_bgr).faces
    assert face.frame_probabilities == pytest.approx(expected.frame_probabilities, abs=0.01)
