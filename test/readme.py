"""The README as tests read it."""

from pathlib import Path

README = (Path(__file__).parent.parent / 'README.md').read_text()


def table(title):
    """Return the rows of the table whose first column is headed ``title``, as lists of cells."""
    rows = []
    lines = iter(README.splitlines())
    for line in lines:
        if line.startswith(f'| {title} '):
            break
    else:
        raise AssertionError(f'README has no table {title}')
    for line in lines:
        if not line.startswith('|'):
            break
        rows.append([cell.strip() for cell in line.strip('|').split('|')])
    return rows[1:]
