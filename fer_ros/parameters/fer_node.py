"""The parameters of ``fer_node`` in one table.

They apply with and without ROS: ``fer-ros bag`` reads the same parameters as the node.
"""

from fer_ros.media.annotate import ANNOTATIONS, DEFAULT_ANNOTATIONS
from fer_ros.messages.detections import ANY_CLASS
from fer_ros.messages.hri import EXPRESSIONS, OTHER_EXPRESSIONS
from fer_ros.messages.image_transport import IMAGE_TRANSPORTS
from fer_ros.messages.images import MAX_PIXELS
from fer_ros.parameters.models import MODELS
from fer_ros.parameters.pipeline import PIPELINE
from fer_ros.parameters.spec import Spec

FER_NODE: tuple[Spec, ...] = (
    Spec(
        'autostart',
        True,
        'Whether the node configures and activates itself at start, without a lifecycle manager.',
    ),
    Spec(
        'image_topics',
        ['camera/image_raw'],
        'Image topics, one per camera; each camera has its own faces. With image_transport '
        'compressed, "/compressed" is appended to each.',
        required=True,
    ),
    Spec(
        'image_transport',
        'raw',
        'raw: sensor_msgs/Image; compressed: sensor_msgs/CompressedImage (JPEG or PNG).',
        choices=tuple(IMAGE_TRANSPORTS),
    ),
    Spec(
        'image_reliability',
        'auto',
        'Reliability of the image subscriptions. best_effort receives from every publisher, but '
        'large images get lost on the way; auto: reliable as long as every publisher offers it.',
        choices=('auto', 'best_effort', 'reliable'),
    ),
    *MODELS,
    Spec(
        'face_source',
        'detector',
        'Source of the face boxes. detector: the detector that the parameter detector names; '
        'topic: another node, which publishes vision_msgs/Detection2DArray with the stamps of the '
        'images; hri: a node of ROS4HRI (REP 155), which publishes faces in hri_namespace (both '
        'for the node only).',
        choices=('detector', 'topic', 'hri'),
    ),
    Spec(
        'face_topic',
        'detections',
        'Topic of the boxes with face_source topic: a name next to each image topic '
        '(/camera/detections) or, with a leading slash, an absolute name.',
        required=True,
    ),
    Spec(
        'face_classes',
        [ANY_CLASS],
        'Classes (class_id) whose boxes are faces, with face_source topic; any: all classes.',
        required=True,
    ),
    Spec(
        'max_rate_hz',
        0.0,
        'Highest rate in images per second, by their stamps, at which images are processed; a '
        'faster camera costs no more. 0: every image.',
        low=0.1,
        high=1000.0,
        or_zero=True,
    ),
    Spec(
        'max_image_pixels',
        MAX_PIXELS,
        'Images with more pixels (width times height) than this are refused.',
        low=1,
        high=1_000_000_000,
    ),
    Spec(
        'white_level',
        0,
        'Pixel value of white in 16-bit images (mono16, rgb16, bayer_rggb16, ...). 0: estimated '
        'from the bits that the images of a topic use; 16UC1, which is depth, is then refused.',
        low=0,
        high=65535,
    ),
    *PIPELINE,
    Spec(
        'rectified',
        False,
        'Whether the images are rectified, like image_rect. If so, P of camera_info applies to '
        'them, without distortion; otherwise K, with distortion.',
    ),
    Spec(
        'outputs',
        ['emotion'],
        'What the node publishes about faces. emotion: fer_ros/FaceEmotionArray; hri: ROS4HRI '
        '(REP 155), needs hri_msgs; tf: frames of faces and gazes, needs camera_info; '
        'vision_msgs: vision_msgs/Detection2DArray on face_detections.',
        choices=('emotion', 'hri', 'tf', 'vision_msgs'),
        required=True,
    ),
    Spec(
        'hri_namespace',
        '/humans',
        'Namespace of the ROS4HRI topics, published or, with face_source hri, subscribed to. '
        'Listeners look in /humans, where only one node may publish.',
        required=True,
    ),
    Spec(
        'hri_contempt',
        'skip',
        'ROS4HRI expression published for contempt, for which ROS4HRI has no word; skip: the next '
        'most probable class is published.',
        choices=('skip', *EXPRESSIONS.values(), *OTHER_EXPRESSIONS),
        live=True,
    ),
    Spec(
        'hri_picture_px',
        128,
        'Side length of the face pictures in pixels; ROS4HRI uses 128.',
        low=16,
        high=1024,
        live=True,
    ),
    Spec(
        'publish_landmarks',
        True,
        'Whether messages contain the landmarks.',
        live=True,
    ),
    Spec(
        'publish_annotated',
        True,
        'Whether annotated images are drawn while somebody subscribes to them.',
        live=True,
    ),
    Spec(
        'annotate',
        list(DEFAULT_ANNOTATIONS),
        'What is drawn on annotated images; pose: the three axes of the head.',
        choices=ANNOTATIONS,
        live=True,
    ),
    Spec(
        'annotated_jpeg_quality',
        80,
        'JPEG quality of annotated images on the topic that ends in /compressed, for slow links.',
        low=1,
        high=100,
        live=True,
    ),
    Spec(
        'no_image_warning_s',
        5.0,
        'Time in seconds without an image after which the node warns; also the time without an '
        'answer to incoming images after which diagnostics turn to ERROR.',
        low=0.1,
        high=3600.0,
        live=True,
    ),
)
