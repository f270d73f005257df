"""Faults of images: in their fields, files, stamps and rate."""

import array
import time
from collections.abc import Callable
from random import Random
from typing import Any

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, CompressedImage

from benchmarks.faults import bad_images, bad_pictures
from benchmarks.faults.camera import Camera
from benchmarks.faults.fault_graph import FaultGraph
from benchmarks.faults.process_state import peak_mb, process_state, reset_peak
from benchmarks.faults.requirements import require, require_unanswered, settle

# Number of images of a kind in a row; few, so that a campaign of seconds has several kinds.
_IN_A_ROW = 30
_BOMB_MB = 64


def unreadable_fields(graph: FaultGraph, random: Random) -> None:
    """Images with one invalid field."""
    images = list(bad_images.unreadable_images(graph.raw.good))
    _send_unreadable(graph, graph.raw, random.sample(images, _IN_A_ROW))


def odd_fields(graph: FaultGraph, random: Random) -> None:
    """Unusual images that can be read."""
    graph.send_all(graph.raw, bad_images.odd_images(graph.raw.good))


def random_fields(graph: FaultGraph, random: Random) -> None:
    """Images with several random fields."""
    good = graph.raw.good
    graph.send_all(graph.raw, (bad_images.random_image(good, random) for _ in range(_IN_A_ROW)))


def cut_pictures(graph: FaultGraph, random: Random) -> None:
    """Truncated JPEG and PNG files."""
    _send_pictures(graph, random, bad_pictures.cut)


def flipped_pictures(graph: FaultGraph, random: Random) -> None:
    """JPEG and PNG files with flipped bits."""
    _send_pictures(graph, random, bad_pictures.flipped)


def garbage_pictures(graph: FaultGraph, random: Random) -> None:
    """Random bytes with various formats from one camera."""
    formats = ('', 'jpeg', 'png', 'h264', 'bgr8; jpeg compressed bgr8', '16UC1; png', 'x' * 10_000)
    messages = [
        CompressedImage(
            format=random.choice(formats),
            data=array.array('B', random.randbytes(random.choice((0, 1, 2, 1000, 100_000)))),
        )
        for _ in range(_IN_A_ROW)
    ]
    _send_unreadable(graph, graph.compressed, messages)


def bombs(graph: FaultGraph, random: Random) -> None:
    """Small files that decode to hundreds of megabytes."""
    jpeg = bytes(graph.compressed.good.data)
    messages = [_picture(data) for data in bad_pictures.bombs(jpeg)]
    before_mb = process_state(graph.node.pid).resident_mb
    reset_peak(graph.node.pid)
    graph.send_all(graph.compressed, messages)
    graph.answer_s(graph.compressed)
    grown_mb = peak_mb(graph.node.pid) - before_mb
    require(grown_mb < _BOMB_MB, f'a bomb took {grown_mb:.0f} MB')


def jumping_stamps(graph: FaultGraph, random: Random) -> None:
    """Stamps that jump both ways, stand still, are zero or at their limits."""
    now_s = int(time.time())
    limits = (-(2**31), -1, 0, 1, 2**31 - 1)
    for _ in range(_IN_A_ROW):
        stamp = Time(
            sec=random.choice((*limits, now_s - random.randrange(10_000), now_s + 3600, now_s)),
            nanosec=random.choice((0, 1, 999_999_999, 10**9, 2**32 - 1, random.randrange(10**9))),
        )
        for _ in range(random.choice((1, 1, 3))):
            for camera in graph.cameras:
                graph.send(camera, stamp=stamp)
            graph.spin(0.02)


def late_stamps(graph: FaultGraph, random: Random) -> None:
    """Images that arrive after later ones."""
    before = dict(graph.raw.outcomes)
    graph.answer_s(graph.raw)
    late_ns = graph.raw.last_ns - random.randrange(1, 900_000_000)
    for number in range(_IN_A_ROW):
        stamp_ns = late_ns - number
        stamp = Time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
        graph.send(graph.raw, name=f'late {number}', stamp=stamp)
        graph.spin(0.03)
    settle(graph)
    gone = sum(graph.raw.outcomes[outcome] - before[outcome] for outcome in ('late', 'dropped'))
    require(gone == _IN_A_ROW, f'{gone} of {_IN_A_ROW} late images were skipped')
    require_unanswered(graph, 'late')


def burst(graph: FaultGraph, random: Random) -> None:
    """Images at 200 Hz from both cameras."""
    for _ in range(200):
        for camera in graph.cameras:
            graph.send(camera)
        graph.spin(0.005)


def rubbish_camera(graph: FaultGraph, random: Random) -> None:
    """Unreadable images from one camera, while the other one must still be answered."""
    camera = graph.raw
    images = list(bad_images.unreadable_images(camera.good))
    published = graph.compressed.outcomes['published']
    _send_unreadable(graph, camera, random.choices(images, k=_IN_A_ROW))
    require(graph.compressed.outcomes['published'] > published, 'the other camera is not answered')


def camera_infos(graph: FaultGraph, random: Random) -> None:
    """Impossible calibrations with good images."""
    publisher = graph.tester.create_publisher(CameraInfo, 'raw/camera_info', 1)
    for _ in range(_IN_A_ROW):
        publisher.publish(bad_images.random_camera_info(random))
        graph.spin(0.03, load=True)
    publisher.publish(CameraInfo())
    graph.spin(0.1)
    graph.tester.destroy_publisher(publisher)


def _send_unreadable(graph: FaultGraph, camera: Camera, messages: list[Any]) -> None:
    settle(graph)
    before = dict(camera.outcomes)
    graph.answers.clear()
    count = graph.send_all(camera, messages, name='unreadable')
    settle(graph)
    gone = sum(camera.outcomes[outcome] - before[outcome] for outcome in ('failed', 'dropped'))
    require(gone == count, f'{gone} of {count} unreadable images failed')
    require_unanswered(graph, 'unreadable')


def _send_pictures(
    graph: FaultGraph, random: Random, harm: Callable[[bytes, Random], bytes]
) -> None:
    jpeg = bytes(graph.compressed.good.data)
    bgr = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
    png = cv2.imencode('.png', bgr)[1].tobytes()
    progressive = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    pictures = [random.choice((jpeg, png, progressive)) for _ in range(_IN_A_ROW)]
    graph.send_all(graph.compressed, (_picture(harm(data, random)) for data in pictures))


def _picture(data: bytes) -> CompressedImage:
    return CompressedImage(format='jpeg', data=array.array('B', data))
