import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.errors import SettingError
from fer_ros.evaluation.coverage import coverage_table
from fer_ros.evaluation.settings import EvaluateSettings


def test_coverage_table_has_accuracy_of_judged_and_unjudged_faces(tmp_path):
    labels = np.array([0, 1, 2, 0])
    faces = FaceSet(
        np.zeros((4, 8, 9), np.uint8),
        np.zeros((4, 68, 2), np.float32),
        one_hot(labels, 3),
        ('neutral', 'happiness', 'fear'),
    )
    answers = one_hot(np.array([0, 1, 0, 0]), 3)
    table = coverage_table({'fused': answers}, faces, np.array([0.9, 0.5, 0.1, 0.49]), 0.5)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [
        (row['which faces'], row['faces'], row['coverage'], row['accuracy']) for row in rows
    ] == [('all', 4, 1.0, 0.75), ('judged', 2, 0.5, 1.0), ('not judged', 2, 0.5, 0.5)]


def test_min_quality_above_1_is_refused(tmp_path):
    with pytest.raises(SettingError, match=r'min_quality is 1\.5, expected 0 to 1'):
        EvaluateSettings(tmp_path, tmp_path, min_quality=1.5)
