"""make_outputs: the outputs that a node's parameters select."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from fer_ros.ros.image_topic import ImageTopic
from fer_ros.ros.outputs.annotated import AnnotatedOutput
from fer_ros.ros.outputs.emotion import EmotionOutput
from fer_ros.ros.outputs.hri import HriOutput
from fer_ros.ros.outputs.output import Output
from fer_ros.ros.outputs.transforms import TransformOutput
from fer_ros.ros.outputs.vision import VisionOutput
from fer_ros.ros.throttled_log import ThrottledLog


@dataclass(frozen=True)
class Surroundings:
    """What outputs are made of.

    Attributes:
        node: Publishes.
        name_of: Returns the name of a face by its number; no other node gives it.
        values: The node's parameters by name.
        log: For what is wrong.
    """

    node: Node
    name_of: Callable[[int], str]
    values: Mapping[str, Any]
    log: ThrottledLog


# By their names in the parameter "outputs", in the order in which they publish.
_MAKERS: dict[str, Callable[[Surroundings], Output]] = {
    'emotion': lambda given: EmotionOutput(given.node),
    'tf': lambda given: TransformOutput(given.node, given.name_of, given.log),
    'vision_msgs': lambda given: VisionOutput(given.node),
    'hri': lambda given: HriOutput(
        given.node, given.name_of, given.values['hri_namespace'], given.log
    ),
}
OUTPUTS = tuple(_MAKERS)


def make_outputs(
    node: Node, topics: Sequence[ImageTopic], values: Mapping[str, Any], log: ThrottledLog
) -> list[Output]:
    """Return the outputs of a node in the order in which they publish.

    Annotated images come last, so that no camera's emotions wait for another's image to be drawn.

    Args:
        node: Node that publishes.
        topics: Image topics.
        values: The node's parameters by name.
        log: Log for warnings.

    Raises:
        SettingError: An output needs messages that are not installed.
    """
    # Random, so that a restarted node, or another one, does not reuse the name of a face.
    prefix = f'f{secrets.token_hex(3)}'
    given = Surroundings(node, lambda face_id: f'{prefix}_{face_id}', values, log)
    outputs: list[Output] = []
    try:
        for name, make in _MAKERS.items():
            if name in values['outputs']:
                outputs.append(make(given))
        outputs.append(AnnotatedOutput(node, topics))
    except Exception:
        for output in outputs:
            output.close()
        raise
    return outputs
