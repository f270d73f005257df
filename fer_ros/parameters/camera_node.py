"""The parameters of ``camera_node`` in one table."""

from fer_ros.parameters.spec import Spec

CAMERA_NODE: tuple[Spec, ...] = (
    Spec(
        'source',
        '0',
        'Webcam index or device (/dev/video0), stream (rtsp://…, http://…), video file, picture, '
        'or folder of pictures.',
        required=True,
    ),
    Spec(
        'rate_hz',
        0.0,
        "Images per second (of a camera: at most); 0: the video's own timing, every image of a "
        'camera, two seconds per picture.',
        low=0.0,
        high=1000.0,
    ),
    Spec('loop', True, 'Whether to start again at the end of a video or folder.'),
    Spec(
        'frame_id',
        '',
        "frame_id of every header; empty: the node's name, prefixed with its namespace.",
    ),
    Spec(
        'camera_info_url',
        '',
        'Calibration to publish as camera_info: file:///PATH of a YAML file written by '
        'camera_calibration; empty: none.',
    ),
    Spec(
        'wait_for_subscriber',
        False,
        'Whether to hold back the first image until somebody subscribes.',
    ),
)
