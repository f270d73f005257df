import csv

import numpy as np
import pyarrow.parquet
import pytest
from frames import CLASSES, face, frame, unjudged

from fer_ros.analysis.emotion_table import EmotionTable, columns, write_csv
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions


def lines(path):
    with path.open() as stream:
        return list(csv.DictReader(stream))


def test_columns_are_stamp_topic_face_box_emotion_and_every_probability():
    assert columns(CLASSES) == [
        *('stamp_s', 'topic', 'face_id', 'x0_px', 'y0_px', 'x1_px', 'y1_px'),
        *('quality', 'judgement', 'emotion', 'confidence', 'neutral', 'happiness', 'fear'),
        *('neutral_frame', 'happiness_frame', 'fear_frame'),
    ]


def test_table_has_one_row_per_face_and_image(tmp_path):
    frames = [
        frame(100.3, face(1, 'fear'), face(4, 'neutral')),
        frame(100.4),
        frame(100.5, face(4, 'fear')),
    ]
    write_csv(frames, '/c', tmp_path / 't.csv')
    found = lines(tmp_path / 't.csv')
    assert [
        (line['stamp_s'], line['topic'], line['face_id'], line['emotion']) for line in found
    ] == [
        ('100.300000000', '/c', '1', 'fear'),
        ('100.300000000', '/c', '4', 'neutral'),
        ('100.500000000', '/c', '4', 'fear'),
    ]
    assert (found[1]['x0_px'], found[1]['neutral'], found[1]['fear_frame']) == (
        '40.0',
        '0.80000',
        '0.10000',
    )


def test_unjudged_face_has_empty_emotion_cells(tmp_path):
    write_csv([frame(1.0, unjudged(1))], '/c', tmp_path / 't.csv')
    (line,) = lines(tmp_path / 't.csv')
    assert (line['judgement'], line['quality'], line['emotion']) == ('too small', '0.12500', '')
    empty = [line[name] for name in ('confidence', *CLASSES, 'fear_frame')]
    assert empty == ['', '', '', '', '']


def test_empty_table_still_has_columns(tmp_path):
    table = EmotionTable(CLASSES, tmp_path / 't.csv', tmp_path / 't.parquet')
    table.close()
    assert (tmp_path / 't.csv').read_text().startswith('stamp_s,topic,face_id')
    assert pyarrow.parquet.read_table(tmp_path / 't.parquet').num_rows == 0


def test_parquet_columns_are_typed(tmp_path):
    table = EmotionTable(CLASSES, tmp_path / 't.csv', tmp_path / 't.parquet')
    table.write('/c', frame(1.5, face(2, 'fear')))
    table.close()
    found = pyarrow.parquet.read_table(tmp_path / 't.parquet')
    kinds = {field.name: str(field.type) for field in found.schema}
    assert [kinds[n] for n in ('stamp_s', 'topic', 'face_id', 'emotion', 'fear')] == [
        'double',
        'string',
        'int64',
        'string',
        'float',
    ]
    assert found.to_pylist()[0]['face_id'] == 2


def test_topic_that_looks_like_formula_is_escaped(tmp_path):
    write_csv([frame(1.0, face(1, 'fear'))], '=1+1', tmp_path / 't.csv')
    assert lines(tmp_path / 't.csv')[0]['topic'] == "'=1+1"


def test_file_name_that_looks_like_formula_gets_path_prefix(tmp_path):
    table = EmotionTable(CLASSES, tmp_path / 't.csv', None, stills=True)
    for name in ('=cmd.jpg', '-1.jpg', 'a=b.jpg'):
        table.write(name, frame(0.0, face(1, 'fear')))
    table.close()
    named = [line['file'] for line in lines(tmp_path / 't.csv')]
    assert named == ['./=cmd.jpg', './-1.jpg', 'a=b.jpg']


@pytest.mark.parametrize('stills', [False, True])
def test_class_named_like_a_column_has_a_column_of_its_own(tmp_path, stills):
    probabilities = np.float32([0.75, 0.25])
    one = FaceEmotion(1, FaceBox(0, 0, 9, 9), None, 'bored', 0.75, probabilities, probabilities)
    classes = ('bored', 'confidence')
    table = EmotionTable(classes, tmp_path / 't.csv', tmp_path / 't.parquet', stills)
    table.write('/c', FrameEmotions(1.0, classes, (one,)))
    table.close()
    (row,) = pyarrow.parquet.read_table(tmp_path / 't.parquet').to_pylist()
    assert (row['confidence'], row['bored'], row['confidence_class']) == (0.75, 0.75, 0.25)
    (line,) = lines(tmp_path / 't.csv')
    assert (line['confidence'], line['confidence_class']) == ('0.75000', '0.25000')
