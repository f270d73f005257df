import pytest

from fer_ros.ros.demo_folder import demo_folder, remove_earlier


@pytest.mark.parametrize(
    ('name', 'stills', 'folder'),
    [
        ('sample_clip.avi', False, 'sample_clip'),
        ('webcam_0', False, 'webcam_0'),
        ('My holiday.mp4', False, 'My_holiday'),
        ('robot.local/front/stream', False, 'stream'),
        ('faces', True, 'faces_pictures'),
        ('....', False, 'source'),
    ],
)
def test_folder_is_named_after_source(tmp_path, name, stills, folder):
    assert demo_folder(tmp_path, name, stills) == tmp_path / folder


def test_video_and_pictures_of_same_name_get_different_folders(tmp_path):
    assert demo_folder(tmp_path, 'a.mp4', False) != demo_folder(tmp_path, 'a', True)


def test_only_outputs_left_by_earlier_run_are_removed(tmp_path):
    for name in ('annotated.mp4', 'annotated.png', 'emotion.csv', 'my_notes.txt'):
        (tmp_path / name).touch()
    remove_earlier(tmp_path, ('annotated.mp4', 'emotion.csv'))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {'annotated.mp4', 'emotion.csv', 'my_notes.txt'}
