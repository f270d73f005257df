import hashlib
import http.server
import threading
from dataclasses import replace

import pytest

from fer_ros.cli import main
from fer_ros.face.detectors.yunet_file import YUNET, yunet_file

CONTENT = bytes(range(256)) * 700


class Answers(http.server.BaseHTTPRequestHandler):
    """Serves /good, /other, /cut and nothing else; counts requests."""

    asked = 0

    def do_GET(self):
        type(self).asked += 1
        content = {'/good': CONTENT, '/other': CONTENT[::-1], '/cut': CONTENT}.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.path == '/cut' else content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    Answers.asked = 0
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    served = replace(YUNET, sha256=hashlib.sha256(CONTENT).hexdigest(), size_bytes=len(CONTENT))
    monkeypatch.setattr('fer_ros.face.detectors.yunet_file.YUNET', served)
    return tmp_path / 'fer_ros'


def refused(url, match):
    with pytest.raises(SystemExit, match=match):
        main(['get-detector', '--url', url])


def test_published_file_is_saved_where_it_is_looked_for(server, folder, capsys):
    main(['get-detector', '--url', f'{server}/good'])
    assert yunet_file() == folder / YUNET.name
    assert yunet_file().read_bytes() == CONTENT
    assert str(yunet_file()) in capsys.readouterr().out


def test_existing_file_is_not_fetched_again(server, folder):
    for _ in range(2):
        main(['get-detector', '--url', f'{server}/good'])
    assert Answers.asked == 1


def test_damaged_file_is_replaced(server, folder):
    folder.mkdir()
    yunet_file().write_bytes(b'half')
    main(['get-detector', '--url', f'{server}/good'])
    assert yunet_file().read_bytes() == CONTENT


@pytest.mark.parametrize(
    ('page', 'match'),
    [
        ('other', 'are not the published face_detection_yunet_2023mar.onnx.*copy'),
        ('cut', '(IncompleteRead|are not the published).*copy'),
        ('nothing', 'cannot download .*404.*copy'),
    ],
)
def test_download_other_than_published_file_is_refused_and_leaves_nothing(
    server, folder, page, match
):
    refused(f'{server}/{page}', match)
    assert not folder.exists()


def test_unreachable_server_is_reported_with_instructions_for_offline_use(folder):
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answers) as closed:
        port = closed.server_port
    refused(
        f'http://127.0.0.1:{port}/good',
        f'cannot download .*refused.*without internet, copy .* to {folder}.*detector_model',
    )


def test_invalid_url_is_reported(folder):
    refused('not-an-address', 'cannot download not-an-address')


def test_folder_that_cannot_be_created_is_reported(server, folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text('a file')
    refused(f'{server}/good', f'{folder}.* cannot be written')
