import numpy as np
import pytest

from fer_ros.analysis.label_intervals import LabelInterval, Labels, read_label_file
from fer_ros.errors import LabelError
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Landmarks

CLASSES = ('neutral', 'happiness', 'fear')


def read(tmp_path, text):
    (tmp_path / 'l.csv').write_text(text)
    return read_label_file(tmp_path / 'l.csv', CLASSES)


def face(face_id, box):
    probabilities = np.array([1, 0, 0], np.float32)
    points = Landmarks(np.zeros((68, 2), np.float32))
    return FaceEmotion(face_id, box, points, 'neutral', 1.0, probabilities, probabilities)


SMALL, LARGE = face(1, FaceBox(0, 0, 10, 12)), face(2, FaceBox(50, 0, 80, 40))
FRAME = FrameEmotions(0.0, CLASSES, (SMALL, LARGE))


def test_intervals_are_sorted_by_start(tmp_path):
    labels = read(tmp_path, 'start_s,end_s,emotion\n5,6.5,fear\n0,2,happiness\n')
    found = [(i.start_s, i.end_s, i.emotion, i.face_id) for i in labels.intervals]
    assert found == [(0, 2, 'happiness', None), (5, 6.5, 'fear', None)]


def test_face_id_is_optional(tmp_path):
    labels = read(tmp_path, 'start_s,end_s,emotion,face_id\n0,2,fear,3\n2,3,fear,\n')
    assert [interval.face_id for interval in labels.intervals] == [3, None]


def test_two_faces_may_be_labelled_at_once(tmp_path):
    labels = read(tmp_path, 'start_s,end_s,emotion,face_id\n0,2,fear,1\n1,3,neutral,2\n')
    assert sorted(interval.face_id for _, interval in labels.at(1.5, '/c')) == [1, 2]


def test_interval_includes_its_start_and_excludes_its_end():
    labels = Labels([LabelInterval(1, 2, 'fear'), LabelInterval(2, 9, 'neutral')])
    said = {t: [i.emotion for _, i in labels.at(t, '/c')] for t in (0.9, 1, 1.9, 2, 8.9, 9)}
    assert said == {0.9: [], 1: ['fear'], 1.9: ['fear'], 2: ['neutral'], 8.9: ['neutral'], 9: []}


def test_open_ended_label_does_not_hide_earlier_ones():
    labels = Labels(
        [
            LabelInterval(0, 9, 'neutral', 1),
            LabelInterval(1, 2, 'fear', 2),
            LabelInterval(3, 4, 'fear', 2),
            LabelInterval(5, float('inf'), 'happiness', 2),
        ]
    )
    said = {t: sorted(place for place, _ in labels.at(t, '/c')) for t in (1.5, 2.5, 3.5, 6, 99)}
    assert said == {1.5: [0, 1], 2.5: [0], 3.5: [0, 2], 6: [0, 3], 99: [3]}


def test_adjacent_equal_labels_are_merged():
    labels = Labels(
        [
            LabelInterval(0, 1, 'fear'),
            LabelInterval(1, 2, 'fear'),
            LabelInterval(2, 3, 'neutral'),
            LabelInterval(4, 5, 'neutral'),
            LabelInterval(5, float('inf'), 'neutral'),
        ]
    )
    said = [(i.start_s, i.end_s, i.emotion) for i in labels.intervals]
    assert said == [(0, 2, 'fear'), (2, 3, 'neutral'), (4, float('inf'), 'neutral')]


def test_labels_of_different_faces_or_with_regions_are_not_merged():
    regions = np.array([[0.0, 1, 1, 11, 13]])
    labels = [
        LabelInterval(0, 1, 'fear', 1),
        LabelInterval(1, 2, 'fear', 2),
        LabelInterval(2, 3, 'fear', None, regions),
        LabelInterval(3, 4, 'fear', None, regions),
    ]
    assert Labels(labels).intervals == labels


def test_label_lookup_does_not_scan_all_intervals():
    class Counted(LabelInterval):
        looks = 0

        def __getattribute__(self, name):
            Counted.looks += 1
            return super().__getattribute__(name)

    said = ['fear', 'neutral']
    intervals = [Counted(n, n + 1, said[n % 2]) for n in range(10_000)]
    labels = Labels([*intervals, Counted(10_000, float('inf'), 'fear')])
    Counted.looks = 0
    assert [place for place, _ in labels.at(1_234.5, '/c')] == [1_234]
    assert Counted.looks < 10


def test_label_without_face_id_applies_to_largest_face():
    assert LabelInterval(0, 1, 'fear').face_of(FRAME, 0.5) is LARGE


def test_label_with_face_id_applies_only_to_that_face():
    assert LabelInterval(0, 1, 'fear', 1).face_of(FRAME, 0.5) is SMALL
    assert LabelInterval(0, 1, 'fear', 7).face_of(FRAME, 0.5) is None


def test_label_with_regions_applies_to_face_at_that_place_and_time():
    regions = np.array([[0.0, 1, 1, 11, 13], [0.5, 52, 2, 82, 42]])
    label = LabelInterval(0, 1, 'fear', None, regions)
    assert label.face_of(FRAME, 0.4) is SMALL
    assert label.face_of(FRAME, 0.6) is LARGE
    assert (
        LabelInterval(0, 1, 'fear', None, regions[:, [0, 2, 1, 4, 3]] + 200).face_of(FRAME, 0.4)
        is None
    )


def test_label_matches_no_face_in_empty_frame():
    assert LabelInterval(0, 1, 'fear').face_of(FrameEmotions(0.0, CLASSES, ()), 0.5) is None


@pytest.mark.parametrize(
    ('line', 'sentence'),
    [
        ('0,2,joy', "line 2: emotion 'joy' is unknown, expected neutral, happiness, fear"),
        ('2,1,fear', 'line 2: the interval goes from 2 s to 1 s; it must start at 0 or later'),
        ('1,1,fear', 'the interval goes from 1 s to 1 s'),
        ('-1,1,fear', 'the interval goes from -1 s to 1 s'),
        ('nan,1,fear', 'the interval goes from nan s to 1 s'),
        ('a,1,fear', "line 2: start_s is 'a', expected a number"),
        ('1', 'line 2: end_s is None, expected a number'),
        ('0,2,fear,x', "line 2: face_id is 'x', expected a whole number from 1, or nothing"),
        ('0,2,fear,' + '9' * 5000, "line 2: face_id is '9{20}', expected a whole number"),
        ('0,2,fear\n1,3,neutral', r'line 3: 1 to 3 s overlaps line 2 \(0 to 2 s\) for the same'),
        ('0,9,fear\n1,2,neutral,1', r'line 3: 1 to 2 s overlaps line 2'),
        ('0,9,fear,1\n5,6,fear,2\n1,2,neutral,1', r'line 4: 1 to 2 s overlaps line 2'),
    ],
)
def test_label_file_with_invalid_line_is_an_error(tmp_path, line, sentence):
    with pytest.raises(LabelError, match=sentence):
        read(tmp_path, f'start_s,end_s,emotion,face_id\n{line}\n')


def test_label_file_with_missing_column_is_an_error(tmp_path):
    with pytest.raises(LabelError, match='has no column end_s, expected start_s,end_s,emotion'):
        read(tmp_path, 'start_s,emotion\n0,fear\n')


def test_label_file_without_intervals_is_an_error(tmp_path):
    with pytest.raises(LabelError, match='contains no interval'):
        read(tmp_path, 'start_s,end_s,emotion\n')


def test_missing_label_file_is_an_error(tmp_path):
    with pytest.raises(LabelError, match=r'nothing\.csv cannot be read: No such file'):
        read_label_file(tmp_path / 'nothing.csv', CLASSES)


def test_label_file_that_is_not_csv_is_an_error(tmp_path):
    (tmp_path / 'l.csv').write_bytes(b'\xff\xfe\x00\x80')
    with pytest.raises(LabelError, match='is not CSV'):
        read_label_file(tmp_path / 'l.csv', CLASSES)
