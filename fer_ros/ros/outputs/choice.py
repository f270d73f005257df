"""make_outputs: the outputs that a node's parameters choose."""

import secrets
from collections.abc import Callable, Mapping, Sequence
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


def make_outputs(
    node: Node, topics: Sequence[ImageTopic], values: Mapping[str, Any], log: ThrottledLog
) -> list[Output]:
    """Return the outputs of a node, in the order in which they publish: no camera's emotions wait
    for the drawing of another's image.

    Args:
        node: Publishes.
        topics: Image topics.
        values: The node's parameters by name.
        log: For what is wrong.

    Raises:
        SettingError: An output needs messages that are not installed.
    """
    # A node that was started again gives no name for a second time, nor does another one.
    prefix = f'f{secrets.token_hex(3)}'

    def name_of(face_id: int) -> str:
        return f'{prefix}_{face_id}'

    makers: dict[str, Callable[[], Output]] = {
        'emotion': lambda: EmotionOutput(node),
        'tf': lambda: TransformOutput(node, name_of, log),
        'vision_msgs': lambda: VisionOutput(node),
        'hri': lambda: HriOutput(node, name_of, values['hri_namespace'], log),
    }
    outputs: list[Output] = []
    try:
        for name in makers:
            if name in values['outputs']:
                outputs.append(makers[name]())
        outputs.append(AnnotatedOutput(node, topics))
    except Exception:
        for output in outputs:
            output.close()
        raise
    return outputs
