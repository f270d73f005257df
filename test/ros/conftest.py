"""A real ROS graph: nodes in this process over DDS, and one that tests publish with."""

import gc
import os
import signal
import subprocess
import sys
import time

import pytest
from required import needs

rclpy = needs('rclpy')
needs('fer_ros.msg')

from lifecycle_msgs.srv import GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter


@pytest.fixture(scope='session')
def ros():
    rclpy.init()
    yield
    rclpy.try_shutdown()


class Graph:
    """Nodes that are spun together until a condition holds."""

    def __init__(self):
        self.executor = SingleThreadedExecutor()
        self.nodes = []
        self.tester = self.add(rclpy.create_node('tester'))

    def add(self, node):
        self.nodes.append(node)
        self.executor.add_node(node)
        return node

    def spin_until(self, condition, seconds=30.0):
        """Spin until a condition is true; return whether it became so in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            self.executor.spin_once(timeout_sec=0.02)
        return condition()

    def spin_until_matched(self, *topics):
        """Spin until all publishers and subscriptions of topics, of the nodes in this process,
        have found each other: the two sides match at different times, and what is published
        before both have is lost.
        """
        assert self.spin_until(lambda: all(map(self._matched, topics))), topics

    def _matched(self, topic):
        name = self.tester.resolve_topic_name(topic)
        publishers = [p for node in self.nodes for p in node.publishers if p.topic_name == name]
        subscriptions = [
            s for node in self.nodes for s in node.subscriptions if s.topic_name == name
        ]
        found = [publisher.get_subscription_count() for publisher in publishers]
        found_by = [subscription.get_publisher_count() for subscription in subscriptions]
        return (
            bool(found and found_by)
            and set(found) == {len(subscriptions)}
            and set(found_by) == {len(publishers)}
        )

    def call(self, kind, name, request):
        client = self.tester.create_client(kind, name)
        assert client.wait_for_service(30)
        future = client.call_async(request)
        assert self.spin_until(future.done)
        self.tester.destroy_client(client)
        return future.result()

    def state(self, node_name='fer_node'):
        """Return the label of a node's lifecycle state."""
        answer = self.call(GetState, f'{node_name}/get_state', GetState.Request())
        return answer.current_state.label

    def received(self, kind, topic, qos=10):
        """Subscribe to a topic; return a list that fills with its messages."""
        messages = []
        self.tester.create_subscription(kind, topic, messages.append, qos)
        return messages

    def remove(self, node):
        """Remove a node from the executor and destroy it."""
        self.nodes.remove(node)
        self.executor.remove_node(node)
        node.destroy_node()

    def close(self):
        for node in list(self.nodes):
            self.remove(node)
        self.executor.shutdown()
        # A destroyed lifecycle node keeps its DDS threads until Python collects it. Later tests
        # would share the domain with it, and it would end within any of their calls.
        gc.collect()


@pytest.fixture
def graph(ros):
    graph = Graph()
    yield graph
    graph.close()


@pytest.fixture
def fer_node(graph):
    """Return a function that creates an active fer_node with parameters."""
    from fer_ros.ros.emotion_node import EmotionNode

    def make(wait=True, **parameters):
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = graph.add(EmotionNode(parameter_overrides=overrides))
        if wait:
            assert graph.spin_until(lambda: graph.state() == 'active')
        return node

    return make


_LAUNCH = """
import sys
from launch import LaunchService
from launch.actions import IncludeLaunchDescription
from launch import LaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from ament_index_python.packages import get_package_share_directory

path = get_package_share_directory('fer_ros') + '/launch/' + sys.argv[1]
given = [argument.split(':=') for argument in sys.argv[2:]]
service = LaunchService()
service.include_launch_description(LaunchDescription([
    IncludeLaunchDescription(PythonLaunchDescriptionSource(path), launch_arguments=given)
]))
sys.exit(service.run())
"""


@pytest.fixture
def launch():
    """Return a function that starts a launch file with arguments, in its own process."""
    processes = []

    def start(*arguments):
        command = [sys.executable, '-c', _LAUNCH, *arguments]
        processes.append(subprocess.Popen(command, start_new_session=True))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(20)
