"""README and the pages of doc/, read by tests."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'doc').glob('*.md'))]


def page(name):
    """Return the text of a page, ``README`` or a name in doc/."""
    return next(path for path in PAGES if path.stem == name).read_text()


def table(text, title):
    """Return the rows of the table whose first column is headed ``title``, as lists of cells."""
    rows = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f'| {title} '):
            break
    else:
        raise AssertionError(f'there is no table {title}')
    for line in lines:
        if not line.startswith('|'):
            break
        rows.append([cell.strip() for cell in line.strip('|').split('|')])
    return rows[1:]


def blocks(text, language):
    """Yield ``(marks, code)`` of the fenced blocks of a language; marks follow its name."""
    for marks, code in re.findall(rf'^```{language}\b(.*?)\n(.*?)^```$', text, re.M | re.S):
        yield marks.split(), code
