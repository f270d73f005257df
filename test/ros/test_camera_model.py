import pytest
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

from fer_ros.errors import SettingError
from fer_ros.face.pose import CameraIntrinsics
from fer_ros.ros.camera_model import CameraModel, camera_info_topic, intrinsics_from_msg


def camera_info(**fields):
    given = {
        'header': Header(frame_id='eye_optical'),
        'width': 640,
        'height': 480,
        'distortion_model': 'plumb_bob',
        'd': [0.1, -0.2, 0.01, 0.02, 0.3],
        'k': [500.0, 0.0, 321.0, 0.0, 510.0, 239.0, 0.0, 0.0, 1.0],
        'p': [480.0, 0.0, 330.0, 0.0, 0.0, 490.0, 236.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    }
    return CameraInfo(**{**given, **fields})


@pytest.mark.parametrize(
    ('image_topic', 'topic'),
    [
        ('/camera/image_raw', '/camera/camera_info'),
        ('/camera/image_raw/compressed', '/camera/camera_info'),
        ('/image', '/camera_info'),
    ],
)
def test_camera_info_stands_beside_the_images(image_topic, topic):
    assert camera_info_topic(image_topic) == topic


def test_raw_images_have_k_and_its_distortion():
    expected = CameraIntrinsics(500.0, 510.0, 321.0, 239.0, (0.1, -0.2, 0.01, 0.02, 0.3))
    assert intrinsics_from_msg(camera_info(), rectified=False) == expected


def test_rectified_images_have_p_and_no_distortion():
    expected = CameraIntrinsics(480.0, 490.0, 330.0, 236.0)
    assert intrinsics_from_msg(camera_info(), rectified=True) == expected


def test_distortion_of_zeros_is_none_whatever_its_model():
    info = camera_info(d=[0.0, 0.0, 0.0, 0.0], distortion_model='equidistant')
    assert intrinsics_from_msg(info, rectified=False).distortion == ()


def test_part_of_the_sensor_and_binning_move_and_shrink_the_image():
    part = RegionOfInterest(x_offset=100, y_offset=60, width=400, height=300)
    info = camera_info(roi=part, binning_x=2, binning_y=4, d=[])
    expected = CameraIntrinsics(250.0, 127.5, 110.5, 44.75)
    assert intrinsics_from_msg(info, rectified=False) == expected
    model = CameraModel(rectified=False)
    model.take(info)
    assert model.of_image((200, 75)) is not None


@pytest.mark.parametrize(
    ('fields', 'rectified', 'sentence'),
    [
        ({'k': [0.0] * 9}, False, 'K of the camera_info is zero: the camera is not calibrated'),
        ({'p': [0.0] * 12}, True, 'P of the camera_info is zero: the camera is not calibrated'),
        ({'distortion_model': 'equidistant'}, False, "is 'equidistant' with 5 coefficients"),
        ({'d': [0.1, 0.2, 0.3]}, False, "is 'plumb_bob' with 3 coefficients"),
        ({'k': [-1.0, 0, 1, 0, 1, 1, 0, 0, 1]}, False, 'focal lengths are -1.0 and 1.0 px'),
        ({'d': [float('nan')] * 5}, False, 'camera intrinsics are .*expected finite numbers'),
    ],
)
def test_camera_that_is_not_calibrated_or_not_known_is_an_error(fields, rectified, sentence):
    with pytest.raises(SettingError, match=sentence):
        intrinsics_from_msg(camera_info(**fields), rectified)


def test_fault_is_said_once_while_it_is_repeated_and_again_when_it_comes_back():
    model = CameraModel(rectified=False)
    zero = camera_info(k=[0.0] * 9)
    assert 'K of the camera_info is zero' in model.take(zero)
    assert model.take(zero) == ''
    assert model.of_image((640, 480)) is None
    assert model.take(camera_info()) == ''
    assert model.of_image((640, 480)) is not None
    assert 'K of the camera_info is zero' in model.take(zero)


def test_empty_frame_id_is_said_and_the_intrinsics_hold():
    model = CameraModel(rectified=False)
    assert 'frame_id of the camera_info is empty' in model.take(camera_info(header=Header()))
    assert model.of_image((640, 480)) is not None


def test_images_of_another_size_are_an_error_that_names_both():
    model = CameraModel(rectified=False)
    model.take(camera_info())
    with pytest.raises(
        SettingError, match='is for images of 640 x 480 pixels, these have 320 x 2'
    ):
        model.of_image((320, 240))


def test_camera_info_without_a_size_holds_for_every_image():
    model = CameraModel(rectified=False)
    model.take(camera_info(width=0, height=0))
    assert model.of_image((320, 240)) is not None


def test_nothing_is_known_before_a_message():
    assert CameraModel(rectified=False).of_image((320, 240)) is None
