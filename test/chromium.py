"""A headless browser that reports how a page looks."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

_NAMES = ('chromium', 'chromium-browser', 'google-chrome')
# Windows have a minimum width, frames do not.
_FRAME = """<body style="margin:0"><pre id="said"></pre>
<iframe id="page" src="{name}" style="width:{width}px;height:{height}px;border:0"></iframe>
<script>page.onload = () => {{
  const document = page.contentDocument, window = page.contentWindow;
  const said = (value) => {{ self.said.textContent = JSON.stringify(value); }};
  {script}
}}</script>"""


def ask(page, width, script, dark=False):
    """Return the result of a script on a page.

    Args:
        page: Path of its file; a file is written beside it.
        width: In pixels.
        script: JavaScript with ``document`` and ``window`` of the page; calls ``said(value)``.
        dark: Whether the person prefers dark pages.
    """
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip('no Chromium is installed: apt install chromium')
    frame = page.with_name('frame.html')
    frame.write_text(_FRAME.format(name=page.name, width=width, height=4000, script=script))
    profile = page.with_name('profile')
    result = subprocess.run(
        [
            *(program, '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'),
            *('--disable-background-networking', '--allow-file-access-from-files'),
            *(f'--user-data-dir={profile}', '--virtual-time-budget=8000'),
            *(f'--blink-settings=preferredColorScheme={0 if dark else 1}', '--dump-dom'),
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(unescape(re.search(r'<pre id="said">(.*?)</pre>', result.stdout)[1]))
