import pytest
from required import needs

needs('sensor_msgs.msg')

from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

from fer_ros.errors import SettingError
from fer_ros.face.pose import CameraIntrinsics
from fer_ros.media.camera_model import CameraModel, camera_info_topic, intrinsics_from_msg


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
def test_camera_info_topic_is_next_to_image_topic(image_topic, topic):
    assert camera_info_topic(image_topic) == topic


def test_raw_images_use_k_and_distortion():
    expected = CameraIntrinsics(500.0, 510.0, 321.0, 239.0, (0.1, -0.2, 0.01, 0.02, 0.3))
    assert intrinsics_from_msg(camera_info(), rectified=False) == expected


def test_rectified_images_use_p_without_distortion():
    expected = CameraIntrinsics(480.0, 490.0, 330.0, 236.0)
    assert intrinsics_from_msg(camera_info(), rectified=True) == expected


def test_zero_distortion_without_model_is_accepted():
    info = camera_info(d=[0.0, 0.0, 0.0, 0.0], distortion_model='')
    assert intrinsics_from_msg(info, rectified=False).distortion == ()


@pytest.mark.parametrize('model', ['equidistant', 'fisheye', 'thin_prism_fisheye'])
def test_fisheye_images_are_accepted_only_if_rectified(model):
    for d in ([], [0.0, 0.0, 0.0, 0.0]):
        info = camera_info(d=d, distortion_model=model)
        with pytest.raises(SettingError, match=f'is {model!r} with {len(d)} coefficients'):
            intrinsics_from_msg(info, rectified=False)
        assert intrinsics_from_msg(info, rectified=True).distortion == ()


def test_roi_and_binning_shift_and_scale_intrinsics():
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
def test_uncalibrated_or_unsupported_camera_is_an_error(fields, rectified, sentence):
    with pytest.raises(SettingError, match=sentence):
        intrinsics_from_msg(camera_info(**fields), rectified)


def test_repeated_fault_is_reported_once_and_again_when_it_recurs():
    model = CameraModel(rectified=False)
    zero = camera_info(k=[0.0] * 9)
    assert 'K of the camera_info is zero' in model.take(zero)
    assert model.take(zero) == ''
    assert model.of_image((640, 480)) is None
    assert model.take(camera_info()) == ''
    assert model.of_image((640, 480)) is not None
    assert 'K of the camera_info is zero' in model.take(zero)


def test_empty_frame_id_is_reported_but_intrinsics_are_used():
    model = CameraModel(rectified=False)
    assert 'frame_id of the camera_info is empty' in model.take(camera_info(header=Header()))
    assert model.of_image((640, 480)) is not None


def test_image_size_mismatch_is_an_error_naming_both_sizes():
    model = CameraModel(rectified=False)
    model.take(camera_info())
    with pytest.raises(
        SettingError, match='is for images of 640 x 480 pixels, these have 320 x 2'
    ):
        model.of_image((320, 240))


def test_camera_info_without_size_applies_to_any_image():
    model = CameraModel(rectified=False)
    model.take(camera_info(width=0, height=0))
    assert model.of_image((320, 240)) is not None


def test_intrinsics_are_unknown_before_first_message():
    assert CameraModel(rectified=False).of_image((320, 240)) is None
