"""Requirements that are checked during a fault."""

from benchmarks.faults.fault_graph import FaultGraph


class UnfulfilledError(Exception):
    """A requirement failed; the message is a sentence."""


def require(holds: bool, sentence: str) -> None:
    """Raise an ``UnfulfilledError`` with a sentence unless a requirement holds."""
    if not holds:
        raise UnfulfilledError(sentence)


def settle(graph: FaultGraph) -> None:
    """Wait until the diagnostics account for all images."""
    for camera in graph.cameras:
        missing = graph.unaccounted(camera)
        require(not missing, f'{camera.topic}: {missing} of {camera.sent} are not accounted for')


def require_unanswered(graph: FaultGraph, name: str) -> None:
    """Require that no image whose ``frame_id`` begins with a name has been answered."""
    answered = [answer for answer in graph.answers if answer.startswith(f'{name} ')]
    require(not answered, f'images are answered that should not be: {", ".join(answered)}')
