"""Judges models on several data sets and compares their figures in one table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from fer_ros.atomic_file import require_folder
from fer_ros.errors import FerError, SettingError
from fer_ros.evaluation.evaluate import evaluate
from fer_ros.evaluation.report import Cell, Evaluation, Table
from fer_ros.evaluation.settings import EvaluateSettings

# Figures are taken from the first table with one of these names in each evaluation. Each figure is
# followed by its possible names there.
_TABLES = ('streams', 'clips')
_FIGURES = {
    'faces': ('faces',),
    'accuracy': ('accuracy', 'weighted accuracy'),
    'accuracy interval': ('accuracy interval',),
    'unweighted recall': ('unweighted recall',),
    'recall interval': ('recall interval',),
    'calibration error (0 to 1)': ('calibration error (0 to 1)',),
}


@dataclass(frozen=True)
class _Judged:
    model: str
    data: str
    found: Evaluation


def evaluate_across(settings: Sequence[EvaluateSettings], out: Path | None = None) -> Evaluation:
    """Judge models on data sets one by one, then print and write a table of all results.

    Args:
        settings: Settings for each pair of model and data set.
        out: Folder for ``report.md``, ``across.csv`` and a folder for each evaluation; created if
            missing.

    Returns:
        The table of all results.

    Raises:
        FerError: Every evaluation failed, as described in ``evaluate``. The failures of some are
            reported as endnotes.
    """
    if out is not None:
        require_folder(out)
    names = _names(settings)
    judged, problems = [], []
    for entry, (model, data) in zip(settings, names, strict=True):
        place = None if out is None else out / '_'.join(filter(None, (model, data)))
        name = model or entry.model.name
        try:
            judged.append(_Judged(name, data, evaluate(entry, place)))
        except FerError as error:
            problems.append(f'Not judged: {name} on {data}: {error}.')
            if not judged and len(problems) == len(settings):
                raise
        print()
    found = Evaluation(
        'Across data sets',
        (*_notes(judged), *_not_comparable(judged)),
        (across_table(judged),),
        tuple(problems),
    )
    print(found.markdown(), end='')
    if out is not None:
        print(f'\nwrote {", ".join(found.write(out))} to {out}, next to a folder per evaluation')
    return found


def each_with_each(
    first: EvaluateSettings, models: Sequence[Path], data: Sequence[Path], splits: Sequence[str]
) -> list[EvaluateSettings]:
    """Return settings for every combination of model and data set.

    Args:
        first: All other settings.
        models: Model files.
        data: Paths of the data sets.
        splits: One split for all data sets, or one for each.

    Raises:
        SettingError: The number of splits is neither 1 nor that of the data sets.
    """
    if len(splits) not in (1, len(data)):
        raise SettingError(
            f'split is given {len(splits)} times for {len(data)} data sets, expected one for all '
            'or one for each'
        )
    judged = list(zip(data, [*splits] if len(splits) > 1 else [*splits] * len(data), strict=True))
    return [
        replace(first, model=model, data=path, split=split)
        for model, (path, split) in product(models, judged)
    ]


def across_table(judged: Sequence[_Judged]) -> Table:
    """Return a table with a row for each model, data set and stream."""
    rows: list[tuple[Cell, ...]] = []
    for entry in judged:
        table = next(table for table in entry.found.tables if table.name in _TABLES)
        for row in table.rows:
            cells = dict(zip(table.columns, row, strict=True))
            if cells.get('which faces', 'all') != 'all':
                continue
            figures = (_first(cells, names) for names in _FIGURES.values())
            rows.append((entry.model, entry.data, cells['stream'], *figures))
    return Table(
        'across',
        'Each model on each data set, by clip if the data has clips; 95 % bootstrap intervals',
        ('model', 'data', 'stream', *_FIGURES),
        tuple(rows),
    )


def _first(cells: dict[str, Cell], names: Sequence[str]) -> Cell:
    return next((cells[name] for name in names if name in cells), '-')


def _notes(judged: Sequence[_Judged]) -> tuple[str, ...]:
    return tuple(
        f'{entry.model} on {entry.data}: {entry.found.title}. {sentence}'.strip()
        for entry in judged
        for sentence in [' '.join(entry.found.mapping)]
    )


def _not_comparable(judged: Sequence[_Judged]) -> Iterator[str]:
    """Yield a sentence for each data set of which models were judged on different faces."""
    titles: dict[str, dict[str, None]] = {}
    for entry in judged:
        titles.setdefault(entry.data, {})[entry.found.title] = None
    for data, different in titles.items():
        if len(different) > 1:
            yield (
                f'Figures of different faces, not to be compared: {data} '
                f'({"; ".join(different)}). '
                'Give --split or --fold to judge all models on the same ones.'
            )


def _names(settings: Sequence[EvaluateSettings]) -> list[tuple[str, str]]:
    """Return short distinct names of model and data; that of a single model is empty."""
    models = _short([entry.model for entry in settings])
    data = _short([entry.data for entry in settings])
    one = len({entry.model for entry in settings}) == 1
    splits = {(entry.data, entry.split) for entry in settings}
    several = {path for path in data if sum(path == of for of, _ in splits) > 1}
    return [
        (
            '' if one else models[entry.model],
            data[entry.data] + (f'_{entry.split}' if entry.data in several else ''),
        )
        for entry in settings
    ]


def _short(paths: Sequence[Path]) -> dict[Path, str]:
    """Return as many of the last parts of each path as distinguish it from the others."""
    different = sorted(set(paths))
    length = 1
    while True:
        names = {path: '_'.join(path.absolute().parts[-length:]) for path in different}
        longest = max(len(path.absolute().parts) for path in different)
        if len(set(names.values())) == len(different) or length >= longest:
            return {path: name.replace('/', '') for path, name in names.items()}
        length += 1
