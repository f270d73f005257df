"""The demonstration: camera_node and fer_node in their own processes, and a listener here.

Run it with ``make demo``. It prints what arrives on /emotion and writes an annotated video, a plot
of the probabilities over time and a table; pictures are each judged separately.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from fer_ros.analysis.behaviour import measure_behaviour
from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.emotion_table import write_csv
from fer_ros.errors import FerError, SourceError
from fer_ros.media.image_source import ImageSource
from fer_ros.media.sample_clip import write_sample_clip
from fer_ros.media.sample_people import describe_people, sample_people
from fer_ros.media.video_file import VideoFile
from fer_ros.messages.emotions import frame_from_msg, stamp_s_from_msg
from fer_ros.messages.images import ImageDecoder
from fer_ros.msg import FaceEmotionArray
from fer_ros.report.answer import answer
from fer_ros.report.timeline import make_timeline
from fer_ros.report.timeline_png import draw_timeline
from fer_ros.report.video_still import VideoStill
from fer_ros.ros.child_process import Child
from fer_ros.ros.dds_profile import send_images_whole
from fer_ros.ros.demo_folder import FILM_FILES, demo_folder, remove_earlier
from fer_ros.ros.image_counts import ImageCounts
from fer_ros.structures import FaceEmotion, FrameEmotions

_TOPIC = 'camera/image_raw'
# A slow or busy computer takes a minute.
_START_UP_S = 180.0
_ROW_EVERY_S = 0.5


class Listener(Node):
    """Receives the messages of fer_node.

    Attributes:
        frames: Every message on /emotion, in order.
        active: Whether fer_node has reported that it is active.
        dropped: Number of images that fer_node skipped because newer ones had arrived.
        annotated: Number of annotated images.
        still: The annotated image that shows the most faces and emotions.
    """

    def __init__(self, video: VideoFile | None) -> None:
        super().__init__('demo')
        self.frames: list[FrameEmotions] = []
        self.active = False
        self.dropped = self.annotated = 0
        self.last_s = time.monotonic()
        self.still = VideoStill()
        self._row_s = float('-inf')
        self._video = video
        reliable = QoSProfile(depth=100)
        self.create_subscription(FaceEmotionArray, 'emotion', self._on_emotion, reliable)
        self.create_subscription(
            Image, 'camera/image_annotated', self._on_image_annotated, reliable
        )
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def _on_emotion(self, msg: FaceEmotionArray) -> None:
        frame = frame_from_msg(msg)
        self.last_s = time.monotonic()
        if not self.frames:
            print(f'{"time":>7}  {"faces":>5}  on /emotion', flush=True)
        changed = bool(self.frames) and _who(frame) != _who(self.frames[-1])
        self.frames.append(frame)
        if changed or frame.stamp_s - self._row_s >= _ROW_EVERY_S:
            self._row_s = frame.stamp_s
            print(_row(frame, self.frames[0].stamp_s), flush=True)

    def _on_image_annotated(self, msg: Image) -> None:
        bgr = ImageDecoder().bgr(msg)
        stamp_s = stamp_s_from_msg(msg.header.stamp)
        self.annotated += 1
        if self._video is not None:
            self._video.write(bgr, stamp_s)
        for frame in reversed(self.frames[-10:]):
            if frame.stamp_s == stamp_s:
                self.still.offer(bgr, frame)

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            values = {entry.key: entry.value for entry in status.values}
            if values.get('state') == 'active':
                self.active = True
            if 'dropped' in values:
                self.dropped = int(values['dropped'])


def main() -> None:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(description='Show what fer_node publishes for a source.')
    parser.add_argument(
        '--source', default='', help='webcam index, video, image or folder; empty: a sample clip'
    )
    parser.add_argument('--out', type=Path, default=Path('demo_output'))
    parser.add_argument(
        '--seconds',
        type=float,
        default=0.0,
        help='stop after this many seconds; 0: at the end of the source or at Ctrl-C',
    )
    options = parser.parse_args()
    try:
        run(options.source, options.out, options.seconds)
    except FerError as error:
        sys.exit(f'demo: {error}')


def run(source: str, out: Path, seconds: float) -> None:
    """Play a source through the nodes and write the outputs.

    Raises:
        SourceError: The source cannot be read, or no message arrived.
    """
    out.mkdir(parents=True, exist_ok=True)
    if not source:
        source = str(out / 'sample_clip.avi')
        print(f'making the sample clip of {describe_people(sample_people())}', flush=True)
        write_sample_clip(Path(source))
    opened = ImageSource(source, print)
    opened.close()
    if opened.live and not seconds:
        print('press Ctrl-C to stop')
    # Unrelated pictures do not make a video.
    out = demo_folder(out, opened.name, opened.stills)
    video: VideoFile | None = None
    if not opened.stills:
        out.mkdir(exist_ok=True)
        video = VideoFile(out / 'annotated.mp4')
    # Ctrl-C must end only the listening: the last counts are received after it.
    send_images_whole(os.environ)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    listener = Listener(video)
    print('starting fer_node', flush=True)
    # camera_node is a reliable publisher; a reliable subscription does not miss its first image.
    fer_node = Child('fer_node', image_reliability='reliable')
    camera_node: Child | None = None
    try:
        _spin(listener, lambda: listener.active or not fer_node.running(), _START_UP_S)
        if not listener.active:
            raise SourceError('fer_node did not become active; see its output above')
        # Publishers and subscribers are matched one by one; the last may take a moment longer.
        _spin(listener, lambda: False, 1.0)
        quoted = source.replace("'", "''")
        camera_node = Child(
            'camera_node', source=f"'{quoted}'", loop=False, wait_for_subscriber=True
        )
        _listen(listener, (fer_node, camera_node), seconds)
        camera_node.stop()
        # Diagnostics come once per second; wait for the last ones.
        _spin(listener, lambda: False, 1.2)
    except KeyboardInterrupt:
        print()
    finally:
        for child in (camera_node, fer_node):
            if child is not None:
                child.stop()
        listener.destroy_node()
        rclpy.try_shutdown()
        if video is not None:
            video.close()
    if not listener.frames:
        raise SourceError('no message arrived on /emotion; see the output of the nodes above')
    if opened.stills:
        _write_pictures(source, out)
        return
    _write(listener, camera_node, out)


def _write_pictures(source: str, out: Path) -> None:
    """Judge pictures separately: the nodes have taken them for the frames of one video.

    Raises:
        SourceError: ``fer-ros video`` failed.
    """
    print('\nEach picture by itself:', flush=True)
    command = [sys.executable, '-m', 'fer_ros', 'video', source, '--out', str(out)]
    if subprocess.run(command).returncode:
        raise SourceError('fer-ros video failed; see its output above')
    _say_files(out, sorted(path.name for path in out.iterdir()))


def _listen(listener: Listener, children: tuple[Child, Child], seconds: float) -> None:
    """Spin until the source has ended and everything from it has arrived."""
    fer_node, camera_node = children
    start_s = time.monotonic()

    def done() -> bool:
        now_s = time.monotonic()
        if seconds and now_s - start_s > seconds:
            return True
        ended = not (camera_node.running() and fer_node.running())
        return ended and now_s - listener.last_s > 1.0

    try:
        _spin(listener, done, float('inf'))
    except KeyboardInterrupt:
        print()


def _spin(listener: Listener, done: Callable[[], bool], longest_s: float) -> None:
    end_s = time.monotonic() + longest_s
    while not done() and time.monotonic() < end_s:
        rclpy.spin_once(listener, timeout_sec=0.05)


def _write(listener: Listener, camera_node: Child | None, out: Path) -> None:
    frames = listener.frames
    log = EmotionLog(frames[0].classes)
    for frame in frames:
        log.append(_TOPIC, frame.stamp_s - frames[0].stamp_s, frame)
    draw_timeline(make_timeline(log), out / 'timeline.png')
    write_csv(frames, _TOPIC, out / 'emotion.csv')
    written = {'timeline.png', 'emotion.csv'}
    if listener.still.bgr is not None:
        cv2.imwrite(str(out / 'annotated.png'), listener.still.bgr)
        written.add('annotated.png')
    if listener.annotated:
        written.add('annotated.mp4')
    remove_earlier(out, written)
    output = ' '.join(camera_node.lines) if camera_node is not None else ''
    images = re.findall(r'published (\d+) image', output)
    print()
    counts = ImageCounts(int(images[-1]) if images else None, listener.dropped, len(frames))
    print(*counts.lines(), '', *answer(measure_behaviour(log)), sep='\n')
    _say_files(out, [name for name in FILM_FILES if name in written])


def _say_files(out: Path, names: Sequence[str]) -> None:
    print(f'files of this run, in {out}: {", ".join(names)}')


def _who(frame: FrameEmotions) -> list[tuple[int, str]]:
    return [(face.face_id, face.emotion) for face in frame.faces]


def _row(frame: FrameEmotions, start_s: float) -> str:
    faces = '   '.join(
        f'#{face.face_id} {face.answer:<9} {_sureness(face):<15}' for face in frame.faces
    )
    return f'{frame.stamp_s - start_s:6.2f}s  {len(frame.faces):>5}  {faces or "nobody"}'


def _sureness(face: FaceEmotion) -> str:
    """Return the confidence as a number and a bar; empty if the face was not judged."""
    return f'{face.confidence:4.0%} {"▇" * round(10 * face.confidence)}' if face.judged else ''


if __name__ == '__main__':
    main()
