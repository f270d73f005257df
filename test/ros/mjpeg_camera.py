"""A network camera whose images show when they were taken."""

import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import cv2
import numpy as np

RATE_HZ = 30
_BITS = 24
_BLOCK_PX = 16


@contextmanager
def mjpeg_camera():
    """Serve images at ``RATE_HZ``; yield the address of the stream."""
    with ThreadingHTTPServer(('127.0.0.1', 0), _Stream) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}/video'
        server.shutdown()


def taken_s(bgr, near_s):
    """Return the Unix time at which an image was taken, given one less than two hours from it."""
    row = bgr[_BLOCK_PX // 2, _BLOCK_PX // 2 :: _BLOCK_PX, 0] > 127
    ms = int(sum(1 << int(bit) for bit in np.flatnonzero(row[:_BITS])))
    turn_s = 2**_BITS / 1000
    return near_s - (near_s - ms / 1000 + turn_s / 2) % turn_s + turn_s / 2


class _Stream(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=image')
        self.end_headers()
        due_s = time.monotonic()
        try:
            while True:
                data = _jpeg_of_now()
                head = f'Content-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n'
                self.wfile.write(b'--image\r\n' + head.encode() + data + b'\r\n')
                # Like a camera, one that is held up leaves images out.
                due_s = max(due_s + 1 / RATE_HZ, time.monotonic())
                time.sleep(due_s - time.monotonic() if due_s > time.monotonic() else 0)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def _jpeg_of_now():
    ms = time.time_ns() // 1_000_000
    bits = [255 * (ms >> bit & 1) for bit in range(_BITS)]
    row = np.repeat(np.array(bits, np.uint8), _BLOCK_PX)
    image = np.repeat(row[None], 240, axis=0)
    return cv2.imencode('.jpg', image)[1].tobytes()
