"""Real bags, written by rosbags, with the sample clip and other messages."""

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from fer_ros.messages.definitions import typestore

START_NS = 1_700_000_000_000_000_000
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
STRING = 'std_msgs/msg/String'
EMOTIONS = 'fer_ros/msg/FaceEmotionArray'
# Delay between the stamp of an image and its recording.
DELAY_NS = 5_000_000


def ns(seconds):
    return START_NS + round(seconds * 1e9)


def header(stamp_ns, frame_id='camera_optical'):
    types = typestore().types
    sec, nanosec = divmod(stamp_ns, 1_000_000_000)
    return types['std_msgs/msg/Header'](
        stamp=types['builtin_interfaces/msg/Time'](sec=sec, nanosec=nanosec), frame_id=frame_id
    )


def raw(bgr, stamp_ns, encoding='bgr8'):
    height, width = bgr.shape[:2]
    return typestore().types[IMAGE](
        header=header(stamp_ns),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=bgr.size // height,
        data=bgr.ravel(),
    )


def jpeg(bgr, stamp_ns):
    return compressed(cv2.imencode('.jpg', bgr)[1].tobytes(), 'jpeg', stamp_ns)


def compressed(data, kind, stamp_ns=1):
    array = np.frombuffer(data, np.uint8)
    return typestore().types[COMPRESSED](header=header(stamp_ns), format=kind, data=array)


def camera_info(size_wh, focal_px, stamp_ns=1):
    (width, height), types = size_wh, typestore().types
    k = [focal_px, 0, width / 2, 0, focal_px, height / 2, 0, 0, 1]
    p = [focal_px / 2, 0, width / 2, 0, 0, focal_px / 2, height / 2, 0, 0, 0, 1, 0]
    return types[CAMERA_INFO](
        header=header(stamp_ns),
        height=height,
        width=width,
        distortion_model='plumb_bob',
        d=np.zeros(5),
        k=np.array(k, float),
        r=np.eye(3).ravel(),
        p=np.array(p, float),
        binning_x=0,
        binning_y=0,
        roi=types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False),
    )


def text(said):
    return typestore().types[STRING](data=said)


class BagFile(Writer):
    """A bag that is written message by message."""

    def __init__(self, path, storage='mcap', compression='none'):
        super().__init__(path, version=9, storage_plugin=StoragePlugin[storage.upper()])
        self.set_compression(CompressionMode[compression.upper()], CompressionFormat.ZSTD)
        self._topics = {}

    def topic(self, name, msgtype):
        self._topics[name] = self.add_connection(name, msgtype, typestore=typestore()), msgtype

    def add(self, topic, msg, log_time_ns):
        connection, msgtype = self._topics[topic]
        self.write(connection, log_time_ns, typestore().serialize_cdr(msg, msgtype))


def write_images(path, images, rate_hz, kind=IMAGE, topic='/camera/image_raw', **storage):
    """Write one topic of images, stamped at a steady rate, and return the path."""
    with BagFile(path, **storage) as bag:
        bag.topic(topic, kind)
        for index, bgr in enumerate(images):
            stamp_ns = ns(index / rate_hz)
            msg = raw(bgr, stamp_ns) if kind == IMAGE else jpeg(bgr, stamp_ns)
            bag.add(topic, msg, stamp_ns + DELAY_NS)
    return path
