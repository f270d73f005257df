"""No library that the package depends on sends telemetry."""

import os
import subprocess
import sys

import pytest

# If one of these is set, ONNX Runtime assumes a test and sends nothing anyway.
OF_TESTS = ('CI', 'TF_BUILD', 'GITHUB_ACTIONS', 'GITLAB_CI', 'ORT_RUNNING_UNIT_TESTS')
PROGRAM = """
import os, sys
exec(sys.argv[1])
for name in os.listdir('/proc/self/fd'):
    try:
        print(os.readlink(f'/proc/self/fd/{name}'))
    except OSError:
        pass
"""


def files_and_open(statement, home):
    """Run a program in an empty home; return the files it left and what it had open at its end."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in OF_TESTS and not name.startswith(('XDG_', 'ORT_'))
    }
    ended = subprocess.run(
        [sys.executable, '-c', PROGRAM, statement],
        env={**kept, 'HOME': str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in home.rglob('*') if path.is_file()], ended.stdout.splitlines()


@pytest.mark.parametrize(
    'statement',
    [
        'from fer_ros.models import load_classifier; load_classifier()',
        'import fer_ros.training.export',
    ],
)
def test_onnx_runtime_keeps_no_record_and_opens_no_socket(tmp_path, statement):
    if 'training' in statement:
        pytest.importorskip('torch_geometric')
    files, held = files_and_open(statement, tmp_path)
    assert [path for path in files if 'onnxruntime' in str(path)] == []
    assert [name for name in held if name.startswith('socket:') or 'onnxruntime' in name] == []


def test_telemetry_setting_of_user_is_kept(monkeypatch):
    monkeypatch.setenv('ORT_DISABLE_TELEMETRY', '0')
    told = 'import fer_ros, os; print(os.environ["ORT_DISABLE_TELEMETRY"])'
    assert subprocess.check_output([sys.executable, '-c', told], text=True) == '0\n'
