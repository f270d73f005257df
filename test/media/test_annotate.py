import numpy as np
import pytest

from fer_ros.media.annotate import ANNOTATIONS, annotate
from fer_ros.structures import (
    FaceBox,
    FaceEmotion,
    FrameEmotions,
    HeadPose,
    Judgement,
    Landmarks,
)

CLASSES = ('neutral', 'happiness', 'boredom')
SIZE_WH = (640, 480)


def face(box, face_id=1, emotion='happiness', landmarks=True, head=None):
    points = np.linspace([box.x0_px, box.y0_px], [box.x1_px, box.y1_px], 68, dtype=np.float32)
    probabilities = np.array([0.1, 0.7, 0.2], np.float32)
    return FaceEmotion(
        face_id,
        box,
        Landmarks(points) if landmarks else None,
        emotion,
        0.7,
        probabilities,
        probabilities,
        Judgement.JUDGED if emotion else Judgement.UNCERTAIN,
        head=head or HeadPose(),
    )


def frame(*faces):
    return FrameEmotions(0.0, CLASSES, faces)


def square(x, y, side):
    return FaceBox(x, y, x + side, y + side)


def changed(faces, parts, size_wh=SIZE_WH):
    """Return a mask of the pixels that annotation changes in a gray image."""
    image = np.full((size_wh[1], size_wh[0], 3), 90, np.uint8)
    return (annotate(image, frame(*faces), parts) != 90).any(axis=2)


def extent_wh(mask):
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1


def inside(box, size_wh=SIZE_WH):
    mask = np.zeros((size_wh[1], size_wh[0]), bool)
    x0, y0 = max(int(box.x0_px), 0), max(int(box.y0_px), 0)
    mask[y0 : max(int(box.y1_px), 0), x0 : max(int(box.x1_px), 0)] = True
    return mask


SCENES = {
    'small': [square(300, 200, 40)],
    'large': [square(120, 60, 380)],
    'larger than the image': [square(20, -60, 600)],
    'three': [square(60, 150, 120), square(250, 170, 120), square(430, 140, 120)],
    'side by side': [square(10, 140, 200), square(220, 150, 200), square(430, 140, 200)],
    'at the edges': [
        *(square(-20, -20, 80), square(585, 20, 80)),
        *(square(0, 420, 80), square(570, 430, 80), square(280, -30, 120)),
    ],
    'twelve': [square(40 + 150 * (i % 4), 50 + 150 * (i // 4), 40) for i in range(12)],
    'crowd': [square(30 + 150 * (i % 4), 40 + 150 * (i // 4), 80) for i in range(12)],
}


def test_image_without_faces_is_left_unchanged():
    assert not changed([], ANNOTATIONS).any()


def test_face_is_drawn_on_a_copy_of_the_image():
    image = np.full((240, 320, 3), 7, np.uint8)
    drawn = annotate(image, frame(face(FaceBox(40, 60, 140, 170))))
    assert (image == 7).all()
    assert (drawn[60, 45:135] != 7).any(axis=1).all()


@pytest.mark.parametrize('part', ['box', 'label', 'probabilities', 'landmarks', 'pose'])
def test_each_part_is_drawn_only_when_requested(part):
    one = face(square(200, 150, 200), head=HeadPose(0.3, 0.1, 0.0, 0.0))
    alone = changed([one], [part])
    assert alone.any()
    assert not changed([one], ['none']).any()
    others = set(ANNOTATIONS) - {part}
    assert (changed([one], others) != changed([one], ANNOTATIONS)).any()


@pytest.mark.parametrize('boxes', SCENES.values(), ids=SCENES)
def test_panel_covers_no_face(boxes):
    panels = changed([face(box) for box in boxes], ['probabilities'])
    assert not any((panels & inside(box)).any() for box in boxes)


@pytest.mark.parametrize('boxes', SCENES.values(), ids=SCENES)
def test_panel_covers_no_label(boxes):
    image = np.full((480, 640, 3), 90, np.uint8)
    faces = frame(*(face(box, number) for number, box in enumerate(boxes)))
    labels = annotate(image, faces, ['label'])
    both = annotate(image, faces, ['label', 'probabilities'])
    assert (both == labels)[(labels != 90).any(axis=2)].all()


@pytest.mark.parametrize('scene', ['three', 'at the edges', 'twelve'])
def test_label_covers_no_face_if_there_is_room(scene):
    labels = changed([face(box) for box in SCENES[scene]], ['label'])
    assert not any((labels & inside(box)).any() for box in SCENES[scene])


def test_label_of_face_larger_than_image_is_visible():
    assert changed([face(square(20, -60, 600))], ['label']).any()


@pytest.mark.parametrize(
    'box',
    [square(-20, -20, 80), square(590, 10, 80), square(0, 430, 80), square(580, 430, 80)],
    ids=['top left', 'top right', 'bottom left', 'bottom right'],
)
def test_label_at_image_edge_is_not_clipped(box):
    in_the_middle = changed([face(square(300, 200, 80))], ['label'])
    assert extent_wh(changed([face(box)], ['label'])) == extent_wh(in_the_middle)


def test_panel_size_depends_on_image_size_not_face_size():
    panel_wh = [
        extent_wh(changed([face(square(200, 150, side))], ['probabilities']))
        for side in (40, 80, 200)
    ]
    assert panel_wh[0] == panel_wh[1] == panel_wh[2]
    large = extent_wh(changed([face(square(400, 300, 80))], ['probabilities'], (1920, 1440)))
    assert large[0] > 2 * panel_wh[0][0]


def test_every_face_has_a_panel_if_there_is_room():
    panels = changed([face(box) for box in SCENES['three']], ['probabilities'])
    one = changed([face(SCENES['three'][0])], ['probabilities'])
    # With several faces, each panel is headed by the face id.
    assert panels.sum() == pytest.approx(3 * one.sum(), rel=0.4)
    assert panels.sum() > 3 * one.sum()


def test_landmarks_fade_and_disappear_on_small_faces():
    def strength(side):
        image = np.full((480, 640, 3), 90, np.uint8)
        drawn = annotate(image, frame(face(square(100, 50, side))), ['landmarks'])
        return np.abs(drawn.astype(int) - 90).max()

    assert strength(40) == 0
    assert 0 < strength(80) < strength(120) < strength(200)


def test_axes_of_head_facing_the_camera_point_right_and_down():
    image = np.full((480, 640, 3), 90, np.uint8)
    one = face(square(200, 150, 100), landmarks=False, head=HeadPose(0, 0, 0, 0))
    drawn = annotate(image, frame(one), ['pose'])
    blue, green, red = drawn[200, 280]
    assert red > green
    assert red > blue
    blue, green, red = drawn[230, 250]
    assert green > red
    assert (drawn[170, 250] == 90).all()


def test_nose_axis_of_head_turned_right_is_drawn_to_the_right():
    image = np.full((480, 640, 3), 90, np.uint8)
    one = face(square(200, 150, 100), landmarks=False, head=HeadPose(1.4, 0, 0, 0))
    blue, green, red = annotate(image, frame(one), ['pose'])[200, 300]
    assert blue > green
    assert blue > red


def test_unknown_head_pose_draws_no_axes():
    assert not changed([face(square(200, 150, 100))], ['pose']).any()


@pytest.mark.parametrize(
    'box',
    [square(-50, -50, 110), FaceBox(250, 200, 400, 300), FaceBox(900, 900, 1050, 1080)],
    ids=['top left', 'bottom right', 'outside'],
)
def test_face_at_or_beyond_image_edge_is_drawn_without_error(box):
    head = HeadPose(0.1, 0.2, 0.3, 0.0)
    drawn = annotate(np.zeros((240, 320, 3), np.uint8), frame(face(box, head=head)), ANNOTATIONS)
    assert drawn.shape == (240, 320, 3)


@pytest.mark.parametrize(('side', 'width'), [(48, 25), (100, 96), (140, 130)])
def test_label_over_a_face_that_fills_the_image_is_the_longest_that_fits(side, width):
    # '#1', '#1 happiness' and '#1 happiness 70%'.
    labels = changed([face(square(4, 4, side - 8))], ['label'], (side, side))
    assert extent_wh(labels)[0] == width


def test_image_smaller_than_label_is_annotated():
    assert annotate(np.zeros((20, 30, 3), np.uint8), frame(face(FaceBox(2, 2, 20, 18)))).any()


@pytest.mark.parametrize('options', [{'emotion': ''}, {'landmarks': False}])
def test_face_without_emotion_or_landmarks_still_has_its_box(options):
    assert changed([face(FaceBox(40, 60, 140, 170), **options)], ['box'])[60, 45:135].all()


def test_unjudged_face_is_drawn():
    nothing = np.empty(0, np.float32)
    box, judgement = square(200, 150, 100), Judgement.TOO_SMALL
    one = FaceEmotion(1, box, None, '', float('nan'), nothing, nothing, judgement)
    assert changed([one], ANNOTATIONS).any()
