"""The commands in the README for a second terminal, run as written."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from documents import page

from fer_ros.media.sample_clip import write_sample_clip

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def start():
    """Return a function that runs a shell command in the root of the repository."""
    processes = []

    def run(line):
        process = subprocess.Popen(
            ['bash', '-c', f'exec {line}'], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def test_readme_commands_for_second_terminal_print_and_end_cleanly(start, tmp_path):
    if 'FER_ROS_WORKSPACE' not in os.environ:
        pytest.skip('scripts/with-ros needs the workspace that scripts/setup-workspace makes')
    section = page('README').split('### From a second terminal')[1].split('\n#')[0]
    lines = [line.split('#')[0].strip() for line in re.findall(r'^    (.*)', section, re.M)]
    assert len(lines) == 3
    clip = tmp_path / 'clip.avi'
    write_sample_clip(clip)
    for line in lines[:2]:
        start(line.replace('demo_output/sample_clip.avi', str(clip)))
    assert 'examples/in_view.py' in lines[2]
    # The first line that each example prints; the clip begins with a smiling woman.
    first = {
        'in_view': r'/camera/image_raw: (nobody|\d+ \w+(, \d+ \w+)*)',
        'greet': r'Hello, number \d+!',
        'unhappy_condition': r'nobody is unhappy',
    }
    examples = {name: start(lines[2].replace('in_view', name)) for name in first}
    assert set(first) == {path.stem for path in (ROOT / 'examples').glob('*.py')}
    for name, line in first.items():
        # The middleware prints to stdout too, when another process holds the port that it tries.
        said = iter(examples[name].stdout.readline, '')
        assert re.fullmatch(line + '\n', next(text for text in said if 'RTPS' not in text))
        examples[name].send_signal(signal.SIGINT)
        rest, _ = examples[name].communicate(timeout=30)
        assert examples[name].returncode == 0
        assert 'Traceback' not in rest
