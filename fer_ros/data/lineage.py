"""What a model has seen: its own data, and that of all models that it began or learned from."""

from collections.abc import Iterable, Mapping
from typing import Any

# What a model file says of its data; see ``TrainingData.about``.
_OF_DATA = ('dataset', 'fold')


def seen_by(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the data that a model, or any model before it, was trained on.

    Args:
        figures: What the model file says of itself.

    Returns:
        An entry per data set and fold, each with ``dataset``, and ``fold`` where it has folds.
    """
    own = {key: figures[key] for key in _OF_DATA if key in figures}
    entries = [*([own] if own else []), *figures.get('datasets', ()), *figures.get('lineage', ())]
    return [entry for number, entry in enumerate(entries) if entry not in entries[:number]]


def lineage_of(sources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what all that a training begins or learns from has seen, each entry once."""
    entries = [entry for figures in sources for entry in seen_by(figures)]
    return [entry for number, entry in enumerate(entries) if entry not in entries[:number]]


def folds_seen(figures: Mapping[str, Any], dataset: str) -> list[int]:
    """Return the folds of a data set whose training a model goes back to."""
    return sorted(
        {
            int(entry['fold'])
            for entry in seen_by(figures)
            if entry.get('dataset') == dataset and 'fold' in entry
        }
    )


def other_folds(figures: Mapping[str, Any], dataset: str, fold: int) -> list[int]:
    """Return the folds, but for one, whose training a model goes back to.

    What is the test of one fold is training in the others: a model that goes back to one of these
    has seen it.
    """
    return [seen for seen in folds_seen(figures, dataset) if seen != fold]
