"""What has to hold at once while faults are tried."""

from benchmarks.faults.fault_graph import FaultGraph


class UnfulfilledError(Exception):
    """Something that has to hold does not; said in a sentence."""


def require(holds: bool, sentence: str) -> None:
    """Raise an ``UnfulfilledError`` with a sentence where something does not hold."""
    if not holds:
        raise UnfulfilledError(sentence)


def settle(graph: FaultGraph) -> None:
    """Wait until diagnostics tell of all images."""
    for camera in graph.cameras:
        missing = graph.unaccounted(camera)
        require(not missing, f'{camera.topic}: {missing} of {camera.sent} are not accounted for')


def require_unanswered(graph: FaultGraph, name: str) -> None:
    """Require that no image whose ``frame_id`` begins with a name has been answered."""
    answered = [answer for answer in graph.answers if answer.startswith(f'{name} ')]
    require(not answered, f'images are answered that should not be: {", ".join(answered)}')
