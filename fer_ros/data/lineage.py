"""The data that a model has seen: its own, and that of its initial and teacher models."""

from collections.abc import Iterable, Mapping
from typing import Any

# Entry ``copies`` of a model file: what happened to training faces whose photograph is in the
# validation or test split.
COPIES_LEFT_OUT = 'left out'

# The keys by which a model file names its data; see ``TrainingData.about``.
_OF_DATA = ('dataset', 'fold')


def seen_by(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the data that a model, or any model it descends from, was trained on.

    Args:
        figures: Figures stored in the model file.

    Returns:
        One entry per data set and fold, with ``dataset`` and, if it has folds, ``fold``.
    """
    own = {key: figures[key] for key in _OF_DATA if key in figures}
    entries = [*([own] if own else []), *figures.get('datasets', ()), *figures.get('lineage', ())]
    return [entry for number, entry in enumerate(entries) if entry not in entries[:number]]


def lineage_of(sources: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the data that the checkpoints of a training have seen, each entry once.

    Args:
        sources: Figures stored in each checkpoint that it starts from or learns from.
    """
    entries = [entry for figures in sources for entry in seen_by(figures)]
    return [entry for number, entry in enumerate(entries) if entry not in entries[:number]]


def has_seen_copies(figures: Mapping[str, Any]) -> bool:
    """Return whether copies of photographs that judge a model may have been in its training.

    Data that is split by subject has no such copies.
    """
    pictures = any('fold' not in entry for entry in seen_by(figures))
    return pictures and figures.get('copies') != COPIES_LEFT_OUT


def folds_seen(figures: Mapping[str, Any], dataset: str) -> list[int]:
    """Return the folds of a data set that a model, or one it descends from, was trained for."""
    return sorted(
        {
            int(entry['fold'])
            for entry in seen_by(figures)
            if entry.get('dataset') == dataset and 'fold' in entry
        }
    )


def other_folds(figures: Mapping[str, Any], dataset: str, fold: int) -> list[int]:
    """Return the folds other than ``fold`` that a model, or one it descends from, was trained for.

    The test faces of one fold are training faces in the others, so such a model has seen them.
    """
    return [seen for seen in folds_seen(figures, dataset) if seen != fold]
