"""Properties that hold for any input, tried with many values that hypothesis generates.

Inputs that once broke something have literal tests of their own, with those of their module.
"""

import json
import math
import string
from dataclasses import replace
from itertools import accumulate
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fer_ros.analysis.label_intervals import LabelInterval, Labels, read_label_file
from fer_ros.data.image_folder import find_pictures
from fer_ros.errors import DatasetError, ImageError, LabelError, ModelFileError, SettingError
from fer_ros.face.tracker import FaceTracker
from fer_ros.inference.config import ModelConfig
from fer_ros.messages.encodings import ENCODINGS
from fer_ros.messages.images import ImageDecoder
from fer_ros.offline.output_folder import output_folder
from fer_ros.offline.outputs import video_names
from fer_ros.parameters.camera_node import CAMERA_NODE
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.parameter_file import read_parameter_file
from fer_ros.report.json_record import read_record
from fer_ros.report.report import Report
from fer_ros.smoothing import SMOOTHERS, EmotionSmoother, SmoothingSettings
from fer_ros.structures import FaceBox

CLASSES = ('neutral', 'happiness', 'fear')
# All examples of a test share its folder and overwrite its files.
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

# Text like that of configuration files: tokens with a meaning there, mixed with others.
words = st.sampled_from([*'0123456789-+.,:;/[]{}#&*!?|<>\'"\\ \t\n', 'nan', 'inf', '1e999', '\0'])
texts = st.text() | st.lists(words | st.text(string.ascii_letters, max_size=5)).map(''.join)
sizes = st.integers(0, 40) | st.sampled_from([2**16, 2**31, 2**32 - 1])


@given(
    encoding=st.sampled_from(sorted(ENCODINGS)) | st.text(max_size=6),
    width=sizes,
    height=sizes,
    step=sizes,
    data=st.binary(max_size=4000),
    big=st.integers(0, 1),
)
@example(encoding='nv12', width=2, height=2, step=2, data=bytes(6), big=0)
def test_any_raw_image_is_decoded_to_its_size_or_refused(encoding, width, height, step, data, big):
    msg = SimpleNamespace(
        encoding=encoding, width=width, height=height, step=step, data=data, is_bigendian=big
    )
    decoder = ImageDecoder(white_level=255)
    try:
        gray, bgr = decoder.gray(msg), decoder.bgr(msg)
    except ImageError:
        return
    assert (gray.shape, gray.dtype) == ((height, width), np.uint8)
    assert (bgr.shape, bgr.dtype) == ((height, width, 3), np.uint8)


PICTURES = [
    cv2.imencode(kind, np.tile(np.arange(48, dtype=np.uint8), (32, 1)))[1].tobytes()
    for kind in ('.jpg', '.png')
]


@given(
    picture=st.sampled_from(PICTURES),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
    end=st.integers(0, 2000),
)
def test_any_compressed_image_is_decoded_or_refused(picture, changes, end):
    data = bytearray(picture[:end])
    for place, value in changes:
        if place < len(data):
            data[place] = value
    msg = SimpleNamespace(format='bgr8; jpeg compressed bgr8', data=bytes(data))
    try:
        gray = ImageDecoder(max_pixels=100_000).gray(msg)
    except ImageError:
        return
    assert gray.dtype == np.uint8
    assert gray.ndim == 2


boxes = st.builds(
    lambda x, y, side: FaceBox(x, y, x + side, y + side, 1.0),
    st.floats(-1e4, 1e4),
    st.floats(-1e4, 1e4),
    st.floats(1, 2000),
)


@given(st.lists(st.tuples(st.floats(1e-6, 1e5), st.lists(boxes, max_size=6)), max_size=12))
def test_track_ids_are_unique_and_never_reused_and_boxes_stay_finite(images):
    tracker = FaceTracker()
    lost, stamp_s = set(), 0.0
    for wait_s, found in images:
        stamp_s += wait_s
        tracker.expect(stamp_s)
        tracker.found(found, stamp_s)
        ids = [track.face_id for track in tracker.tracks if track.face_id is not None]
        assert len(set(ids)) == len(ids) <= tracker.settings.max_faces
        assert not lost & set(ids)
        for track in tracker.tracks[::2]:
            tracker.lose(track)
            lost.add(track.face_id)
        expected = tracker.expected().values()
        assert all(
            np.isfinite([box.x0_px, box.y0_px, box.x1_px, box.y1_px]).all() for box in expected
        )


@given(
    smoother=st.sampled_from(SMOOTHERS),
    constant_s=st.floats(0, 60),
    images=st.lists(
        st.tuples(st.floats(1e-9, 1e6), st.lists(st.floats(0, 1), min_size=3, max_size=3)),
        max_size=15,
    ),
)
def test_smoothed_probabilities_sum_to_one_and_stay_within_those_seen(
    smoother, constant_s, images
):
    smoothing = EmotionSmoother(SmoothingSettings(smoother, constant_s))
    seen = []
    for stamp_s, (_, weights) in zip(accumulate(w for w, _ in images), images, strict=True):
        values = np.array(weights, np.float32) + np.float32(1e-3)
        seen.append(values / values.sum())
        smoothed = smoothing.update(1, seen[-1], stamp_s)
        assert smoothed.sum() == pytest.approx(1, abs=1e-4)
        assert (smoothed >= np.min(seen, axis=0) - 1e-4).all()
        assert (smoothed <= np.max(seen, axis=0) + 1e-4).all()


@given(texts)
@in_one_folder
@example('0,1,fear,' + '9' * 5000)
@example('0,1,fear,99999999999999\n')
@example('0,1,fear,7\n')
def test_any_label_file_gives_valid_labels_or_is_refused(tmp_path, text):
    path = tmp_path / 'l.csv'
    path.write_text(f'start_s,end_s,emotion,face_id\n{text}', newline='')
    try:
        labels = read_label_file(path, CLASSES)
    except LabelError:
        return
    assert all(interval.emotion in CLASSES for interval in labels.intervals)
    assert all(0 < (interval.face_id or 1) < 2**32 for interval in labels.intervals)


intervals = st.builds(
    lambda start_s, length_s, emotion, face_id: LabelInterval(
        start_s, start_s + length_s, emotion, face_id
    ),
    st.integers(0, 20),
    st.integers(1, 20) | st.just(float('inf')),
    st.sampled_from(CLASSES),
    st.sampled_from([None, 1, 2]),
)


@given(st.lists(intervals), st.floats(0, 45))
def test_labels_at_a_time_are_those_whose_interval_contains_it(held, time_s):
    labels = Labels(held)
    found = sorted(place for place, _ in labels.at(time_s, '/c'))
    holding = [
        place
        for place, interval in enumerate(labels.intervals)
        if interval.start_s <= time_s < interval.end_s
    ]
    assert found == holding
    said = {(one.emotion, one.face_id) for one in held if one.start_s <= time_s < one.end_s}
    assert said == {(one.emotion, one.face_id) for _, one in labels.at(time_s, '/c')}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(texts)
@in_one_folder
def test_arbitrary_text_as_parameter_file_is_refused(tmp_path, text):
    path = tmp_path / 'p.yaml'
    path.write_text(text, encoding='utf-8', errors='surrogatepass')
    with pytest.raises(SettingError, match=r'parameter file .*p\.yaml'):
        read_parameter_file(path, '/fer_node', FER_NODE)


@pytest.mark.parametrize('text', ['[' * 3000, '{a: ' * 3000, '- ' * 3000, '&a [*a]', '? ' * 3000])
def test_deeply_or_endlessly_nested_parameter_file_is_refused(tmp_path, text):
    (tmp_path / 'p.yaml').write_text(text)
    with pytest.raises(SettingError, match=r'parameter file .*p\.yaml'):
        read_parameter_file(tmp_path / 'p.yaml', '/fer_node', FER_NODE)


@given(st.sampled_from([*FER_NODE, *CAMERA_NODE]), json_values)
@in_one_folder
def test_parameter_value_has_the_declared_type_or_is_refused(tmp_path, spec, value):
    specs = FER_NODE if spec in FER_NODE else CAMERA_NODE
    path = tmp_path / 'p.yaml'
    path.write_text(yaml.safe_dump({'/**': {'ros__parameters': {spec.name: value}}}))
    try:
        values = read_parameter_file(path, '/fer_node', specs)
    except SettingError:
        return
    assert isinstance(values[spec.name], type(spec.default))


@given(st.dictionaries(st.sampled_from(list(ModelConfig.__dataclass_fields__)), json_values))
def test_any_model_config_survives_json_round_trip_or_is_refused(values):
    try:
        config = ModelConfig.from_dict(values)
    except (SettingError, TypeError):
        return
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@given(json_values | st.fixed_dictionaries({'behaviour': json_values, 'key': json_values}))
@in_one_folder
def test_arbitrary_json_as_report_is_refused(tmp_path, values):
    (tmp_path / 'report.json').write_text(json.dumps(values))
    with pytest.raises(ValueError, match='is not a Report'):
        read_record(Report, tmp_path / 'report.json')


@given(texts)
@in_one_folder
def test_pictures_of_any_manifest_lie_within_its_folder_or_it_is_refused(tmp_path, text):
    (tmp_path / 'manifest.csv').write_text(f'path,label\n{text}', newline='')
    try:
        pictures = find_pictures(tmp_path)
    except DatasetError:
        return
    for picture in pictures:
        assert (tmp_path / picture.path).resolve().is_relative_to(tmp_path.resolve())


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=6, unique=True))
def test_any_topics_get_unique_valid_video_names(topics):
    names = list(video_names(topics).values())
    assert len(set(names)) == len(topics)
    assert all(len(name.encode()) < 255 and '/' not in name for name in names)


def names_in(folder):
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(['report.json', 'emotion.csv', 'annotated.mp4'])),
        max_size=4,
    )
)
@in_one_folder
def test_output_folder_holds_only_files_of_last_completed_run(tmp_path, runs):
    out = tmp_path / 'out'
    held = names_in(out)
    for fails, name in runs:
        try:
            with output_folder(out) as aside:
                for each in ('report.json', name):
                    (aside / each).write_text('')
                if fails:
                    raise KeyboardInterrupt
            held = {'report.json', name}
        except KeyboardInterrupt:
            pass
        assert names_in(out) == held
    assert [path.name for path in tmp_path.iterdir() if path.name != 'out'] == []


@given(texts)
@in_one_folder
@example('[' * 3000)
@example('model: [1]')
@example('epochs: .inf')
@example('\x00')
def test_arbitrary_text_as_train_config_means_defaults_or_is_refused(tmp_path, text):
    pytest.importorskip('torch_geometric')
    from fer_ros.training.config import TrainConfig, read_train_config

    (tmp_path / 'c.yaml').write_text(text, encoding='utf-8', errors='surrogatepass')
    try:
        config = read_train_config(tmp_path / 'c.yaml')
    except (ModelFileError, SettingError):
        return
    # Of such text, only comments, blanks and empty values are accepted.
    assert config == TrainConfig()


@given(st.data())
@in_one_folder
def test_any_value_of_train_setting_is_kept_in_its_type_or_refused(tmp_path, data):
    pytest.importorskip('torch_geometric')
    from fer_ros.training.config import TrainConfig, read_train_config

    plain = TrainConfig()
    name = data.draw(st.sampled_from(sorted(set(vars(plain)) - {'model', 'augment'})))
    like_default = st.integers(0, 100) | st.floats(0, 1) | st.booleans() | st.just([])
    value = data.draw(like_default | json_values)
    (tmp_path / 'c.yaml').write_text(yaml.safe_dump({name: value}))
    try:
        config = read_train_config(tmp_path / 'c.yaml')
    except (ModelFileError, SettingError):
        return
    given_value = tuple(value) if isinstance(value, list) else value
    assert config == replace(plain, **{name: given_value})
    if not isinstance(getattr(plain, name), float):
        assert type(given_value) is type(getattr(plain, name))
    elif not isinstance(given_value, bool):
        assert math.isfinite(given_value)


@given(
    st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 255)), min_size=1, max_size=5),
    st.integers(0, 60_000) | st.none(),
)
@in_one_folder
def test_damaged_checkpoint_is_loaded_or_refused(tmp_path, checkpoint_bytes, changes, end):
    from fer_ros.network.checkpoint import load_checkpoint

    data = bytearray(checkpoint_bytes[:end])
    for place, value in changes:
        if place < len(data):
            data[place] = value
    (tmp_path / 'm.safetensors').write_bytes(data)
    try:
        loaded = load_checkpoint(tmp_path / 'm.safetensors')
    except ModelFileError:
        return
    # Some changes only give other weights.
    assert isinstance(loaded.model.config.classes, tuple)
    assert all(weights.isfinite().all() for weights in loaded.model.state_dict().values())


@pytest.fixture(scope='module')
def checkpoint_bytes(tmp_path_factory):
    pytest.importorskip('torch_geometric')
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    small = ModelConfig(
        classes=CLASSES, cnn_channels=(4, 8), cnn_blocks=(1, 1), hidden_channels=8, gat_layers=1
    )
    path = tmp_path_factory.mktemp('checkpoint') / 'm.safetensors'
    save_checkpoint(Checkpoint(FerNet(small).eval(), {'accuracy': 0.5}), path)
    return path.read_bytes()
