"""scripts/with-progress, which shows progress while the workspace is set up."""

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
    """Return what the script writes to a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen([SCRIPT, 'installing', log, *command], stdout=follower) as process:
        os.close(follower)
        said = b''
        # Reading from a terminal that its writer has closed raises an error.
        try:
            while part := os.read(leader, 4096):
                said += part
        except OSError:
            pass
        assert process.wait() == 0
    os.close(leader)
    return said.decode()


def test_output_goes_to_log_and_duration_is_printed(tmp_path):
    result = run(tmp_path / 'log', 'sh', '-c', 'echo a wall of text')
    assert result.stdout.splitlines()[0] == 'installing'
    assert result.stdout.splitlines()[1].startswith('done in ')
    assert (tmp_path / 'log').read_text() == 'a wall of text\n'


def test_output_of_failing_command_is_shown_and_exit_code_kept(tmp_path):
    result = run(tmp_path / 'log', 'sh', '-c', 'echo no such package; exit 3')
    assert (result.returncode, result.stderr) == (3, 'no such package\n')
    assert 'done' not in result.stdout


def test_terminal_shows_seconds_and_package_on_one_line(tmp_path):
    said = on_a_terminal(tmp_path / 'log', 'sh', '-c', 'echo Collecting numpy; sleep 3')
    assert 'installing: 1 s Collecting numpy' in said
    assert said.count('\n') == 1
    assert 'installing: done in ' in said
