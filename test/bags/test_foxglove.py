import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from frames import face, frame
from rosbags.highlevel import AnyReader

from fer_ros.bags.foxglove import channels
from fer_ros.bags.writer import EmotionBag
from fer_ros.media.image_stream import StampedImage
from fer_ros.structures import FaceBox, FrameEmotions

BGR = np.full((480, 640, 3), (200, 120, 40), np.uint8)
LAYOUT = Path(__file__).parent.parent.parent / 'config' / 'foxglove.json'


def image(topic='clip.mp4', stamp_ns=1_500_000_000):
    gray = BGR[:, :, 0]
    return StampedImage(topic, stamp_ns, stamp_ns, 'optical', 1.5, 0.0, gray, lambda: BGR)


def sized(*faces):
    made = frame(1.5, *faces)
    return FrameEmotions(made.stamp_s, made.classes, made.faces, (640, 480))


def written(path, *faces, topics=('clip.mp4',)):
    """Return messages by topic, read using only what the bag itself contains."""
    with EmotionBag(path, pictures_of=topics) as bag:
        for topic in topics:
            bag.write(image(topic), sized(*faces))
    with AnyReader([path]) as reader:
        return {
            connection.topic: reader.deserialize(data, connection.msgtype)
            for connection, _, data in reader.messages()
        }


def test_bag_contains_no_images_unless_requested(tmp_path):
    with EmotionBag(tmp_path / 'plain') as bag:
        bag.write(image(), sized(face(1, 'fear')))
    with AnyReader([tmp_path / 'plain']) as reader:
        assert set(reader.topics) == {'/emotion'}


def test_image_is_jpeg_with_header_of_its_emotions(tmp_path):
    messages = written(tmp_path / 'bag', face(1, 'fear'))
    picture = messages['/emotion/image']
    assert picture.format == 'jpeg'
    assert picture.header == messages['/emotion'].header
    assert (picture.header.stamp.sec, picture.header.stamp.nanosec) == (1, 500_000_000)
    shown = cv2.imdecode(picture.data, cv2.IMREAD_COLOR)
    assert np.abs(shown.astype(int) - BGR).max() < 5


def test_face_is_outlined_by_four_corners_in_pixels(tmp_path):
    annotations = written(tmp_path / 'bag', face(3, 'fear'))['/emotion/annotations']
    outline = annotations.points[0]
    assert outline.type == outline.LINE_LOOP == 2
    assert [(p.x, p.y) for p in outline.points] == [(30, 5), (38, 5), (38, 15), (30, 15)]
    assert (outline.timestamp.sec, outline.timestamp.nanosec) == (1, 500_000_000)
    assert outline.outline_color.a == 1


def test_landmarks_are_points_measured_from_image_corner(tmp_path):
    annotations = written(tmp_path / 'bag', face(3, 'fear'))['/emotion/annotations']
    points = annotations.points[1]
    assert points.type == points.POINTS == 1
    assert [(p.x, p.y) for p in points.points] == [(0.5, 0.5)] * 68


def test_label_with_id_emotion_and_confidence_stands_above_box(tmp_path):
    lower = replace(face(3, 'fear', sure=0.75), box=FaceBox(30, 105, 38, 115))
    (text,) = written(tmp_path / 'bag', lower)['/emotion/annotations'].texts
    assert text.text == '#3 fear 75%'
    # The lower left corner of the text, three pixels above that of the box.
    assert (text.position.x, text.position.y) == (30, 102)


def test_label_of_box_at_image_edge_stays_within_image(tmp_path):
    at_edge = replace(face(3, 'fear'), box=FaceBox(-4, 5, 38, 15))
    (text,) = written(tmp_path / 'bag', at_edge)['/emotion/annotations'].texts
    assert text.position.x == 0
    # There is no room for a line of text above the box.
    assert text.position.y == text.font_size == 16


def test_frame_without_faces_has_empty_annotations(tmp_path):
    annotations = written(tmp_path / 'bag')['/emotion/annotations']
    assert (annotations.points, annotations.texts, annotations.circles) == ([], [], [])


def test_several_cameras_get_separate_topics(tmp_path):
    messages = written(tmp_path / 'bag', topics=('/left/image_raw', '/2nd/image_raw'))
    assert set(messages) == {
        '/emotion',
        '/emotion/of_left_image_raw/image',
        '/emotion/of_left_image_raw/annotations',
        '/emotion/of_2nd_image_raw/image',
        '/emotion/of_2nd_image_raw/annotations',
    }


@pytest.mark.parametrize('topic', ['/camera/image_raw', 'Holiday 2026.mp4', '0'])
@pytest.mark.parametrize('several', [False, True])
def test_topic_names_are_valid_in_ros(topic, several):
    topics = [topic, '/other'] if several else [topic]
    for name in channels(topics)[topic]:
        assert re.fullmatch(r'(/[A-Za-z]\w*)+', name)


def test_cameras_whose_topics_differ_only_in_a_slash_have_channels_of_their_own():
    names = [name for pair in channels(['/a/b', '/a_b']).values() for name in pair]
    assert len(set(names)) == 4


def test_layout_shows_the_topics_of_a_single_camera():
    layout = json.loads(LAYOUT.read_text())
    shown = layout['configById']['Image!faces']['imageMode']
    image_topic, annotations = channels(['clip.mp4'])['clip.mp4']
    assert shown['imageTopic'] == image_topic
    assert list(shown['annotations']) == [annotations]


def test_layout_refers_only_to_existing_message_fields(tmp_path):
    message = written(tmp_path / 'bag', face(1, 'fear'))['/emotion']
    layout = json.loads(LAYOUT.read_text())
    values = [
        path['value'] for panel in layout['configById'].values() for path in panel.get('paths', [])
    ]
    assert values
    for value in values:
        field = re.fullmatch(r'/emotion\.faces\[0\]\.(\w+)(\[\d\])?', value)[1]
        assert hasattr(message.faces[0], field)


def panels(node):
    return [node] if isinstance(node, str) else panels(node['first']) + panels(node['second'])


def test_layout_places_every_panel_once():
    layout = json.loads(LAYOUT.read_text())
    assert sorted(panels(layout['layout'])) == sorted(layout['configById'])
