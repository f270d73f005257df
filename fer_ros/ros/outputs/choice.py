"""make_outputs: the outputs that a node's parameters choose."""

from collections.abc import Mapping, Sequence
from typing import Any

from rclpy.node import Node

from fer_ros.ros.image_topic import ImageTopic
from fer_ros.ros.outputs.annotated import AnnotatedOutput
from fer_ros.ros.outputs.emotion import EmotionOutput
from fer_ros.ros.outputs.output import Output


def make_outputs(
    node: Node, topics: Sequence[ImageTopic], values: Mapping[str, Any]
) -> list[Output]:
    """Return the outputs of a node, in the order in which they publish: no camera's emotions wait
    for the drawing of another's image.

    Args:
        node: Publishes.
        topics: Of the images.
        values: The node's parameters by name.

    Raises:
        SettingError: An output needs messages that are not installed.
    """
    chosen = values['outputs']
    outputs: list[Output] = []
    if 'emotion' in chosen:
        outputs.append(EmotionOutput(node))
    outputs.append(AnnotatedOutput(node, topics))
    return outputs
