"""Text files are UTF-8 whatever the locale says."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ('fer_ros', 'launch', 'benchmarks', 'examples')
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob('*.py'))]


def text_in_the_encoding_of_the_locale(tree):
    """Yield the lines in which a text file or the text of a process has no stated encoding."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, 'attr', getattr(call.func, 'id', ''))
        given = {keyword.arg: getattr(keyword.value, 'value', None) for keyword in call.keywords}
        modes = [part.value for part in call.args[:2] if isinstance(part, ast.Constant)]
        # PyAV's open() states a format.
        is_text = (name == 'open' and 'format' not in given) and (
            'newline' in given or any(re.fullmatch(r'[rwax]t?\+?', str(mode)) for mode in modes)
        )
        opens = name in ('read_text', 'write_text') or is_text or given.get('text') is True
        if opens and 'encoding' not in given:
            yield call.lineno


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_source_states_the_encoding_of_every_text(path):
    tree = ast.parse(path.read_text(encoding='utf-8'))
    assert list(text_in_the_encoding_of_the_locale(tree)) == []


def test_film_is_analysed_in_a_locale_that_is_not_utf_8(tmp_path):
    ascii_only = {'LC_ALL': 'C', 'PYTHONCOERCECLOCALE': '0', 'PYTHONUTF8': '0'}
    portrait = ROOT / 'fer_ros' / 'assets' / 'portrait.jpg'
    command = ['video', portrait, '--rate-hz', '10', '--params', 'fer', '--out', tmp_path]
    result = subprocess.run(
        [sys.executable, '-m', 'fer_ros', *command],
        env=os.environ | ascii_only,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / 'report.html').read_text(encoding='utf-8').isascii()
