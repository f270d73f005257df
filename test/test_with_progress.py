"""scripts/with-progress: what is shown while the workspace is set up."""

import os
import pty
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / 'scripts' / 'with-progress'


def run(log, *command):
    return subprocess.run(
        [SCRIPT, 'installing', log, *command], capture_output=True, text=True, check=False
    )


def on_a_terminal(log, *command):
    """Return what is written to a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen([SCRIPT, 'installing', log, *command], stdout=follower) as process:
        os.close(follower)
        said = b''
        # A terminal that nobody writes to any longer ends with an error.
        try:
            while part := os.read(leader, 4096):
                said += part
        except OSError:
            pass
        assert process.wait() == 0
    os.close(leader)
    return said.decode()


def test_output_goes_to_the_log_and_the_time_is_said(tmp_path):
    result = run(tmp_path / 'log', 'sh', '-c', 'echo a wall of text')
    assert result.stdout.splitlines()[0] == 'installing'
    assert result.stdout.splitlines()[1].startswith('done in ')
    assert (tmp_path / 'log').read_text() == 'a wall of text\n'


def test_output_of_a_command_that_fails_is_shown_and_its_code_kept(tmp_path):
    result = run(tmp_path / 'log', 'sh', '-c', 'echo no such package; exit 3')
    assert (result.returncode, result.stderr) == (3, 'no such package\n')
    assert 'done' not in result.stdout


def test_terminal_shows_seconds_and_package_in_one_line(tmp_path):
    said = on_a_terminal(tmp_path / 'log', 'sh', '-c', 'echo Collecting numpy; sleep 3')
    assert 'installing: 1 s Collecting numpy' in said
    assert said.count('\n') == 1
    assert 'installing: done in ' in said
