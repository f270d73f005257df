"""A server of files and of a live camera, for tests of sources on the network."""

import base64
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import cv2

_PERIOD_S = 0.05


class _Handler(SimpleHTTPRequestHandler):
    """Delivers files of a folder, and at ``/live`` a picture again and again as MJPEG."""

    def __init__(self, *arguments, jpeg, stop, password, limit, **named):
        self._jpeg, self._stop, self._password, self._limit = jpeg, stop, password, limit
        super().__init__(*arguments, **named)

    def do_GET(self):
        expected = f'Basic {base64.b64encode(f"me:{self._password}".encode()).decode()}'
        if self._password and self.headers.get('Authorization') != expected:
            self.send_response(401)
            self.send_header('WWW-Authenticate', 'Basic realm="camera"')
            self.end_headers()
        elif self.path == '/live':
            self._send_live()
        else:
            super().do_GET()

    def _send_live(self):
        self.send_response(200)
        self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=b')
        self.end_headers()
        sent = 0
        while not self._stop.wait(_PERIOD_S):
            if sent == self._limit:
                self._stop.wait()
                return
            sent += 1
            head = f'--b\r\nContent-Type: image/jpeg\r\nContent-Length: {len(self._jpeg)}\r\n\r\n'
            try:
                self.wfile.write(head.encode() + self._jpeg + b'\r\n')
            except OSError:
                return

    def log_message(self, *arguments):
        pass


@contextmanager
def served(folder, bgr=None, password='', limit=-1):
    """Yield ``host:port`` of a server.

    Args:
        folder: Folder of the files.
        bgr: Picture that ``/live`` delivers.
        password: Password of the user ``me``; empty: none is asked for.
        limit: Number of pictures after which ``/live`` delivers no more without ending.
    """
    jpeg = b'' if bgr is None else cv2.imencode('.jpg', bgr)[1].tobytes()
    stop = threading.Event()
    handler = partial(
        _Handler, directory=folder, jpeg=jpeg, stop=stop, password=password, limit=limit
    )
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f'127.0.0.1:{server.server_port}'
        finally:
            stop.set()
            server.shutdown()
