import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip('launch_ros')

from ament_index_python.packages import get_package_share_directory
from fer_ros.msg import FaceEmotionArray
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters

from fer_ros.ros.dds_profile import profile_variable


def test_fer_launch_activates_node(graph, launch):
    launch('fer.launch.py', 'image_topic:=eye/image', 'namespace:=robot')
    client = graph.tester.create_client(GetState, '/robot/fer_node/get_state')
    assert client.wait_for_service(30)
    label = ''
    end = time.monotonic() + 30
    while label != 'active' and time.monotonic() < end:
        future = client.call_async(GetState.Request())
        graph.spin_until(future.done, 2.0)
        label = future.result().current_state.label if future.done() else ''
    assert label == 'active'
    assert graph.tester.count_subscribers('/robot/eye/image') == 1


def test_dds_profile_chosen_at_launch_replaces_that_of_environment(
    graph, launch, capfd, monkeypatch
):
    shipped = Path(get_package_share_directory('fer_ros'), 'config', 'fast_dds.xml')
    monkeypatch.setenv(profile_variable(), str(shipped))
    launch('fer.launch.py', 'dds_profile:=none')
    said = []

    def told():
        said.extend(''.join(capfd.readouterr()).splitlines())
        return [line for line in said if 'middleware' in line]

    assert graph.spin_until(told)
    (line,) = told()
    assert line.endswith('set up by the environment: FASTDDS_BUILTIN_TRANSPORTS=DEFAULT')


@pytest.mark.parametrize('namespace', ['', 'robot'])
def test_rviz_shows_image_topic_of_parameter_file(graph, launch, tmp_path, monkeypatch, namespace):
    # RViz comes only with a ROS distribution; this stand-in prints its arguments into a file.
    told, program = tmp_path / 'told', tmp_path / 'lib' / 'rviz2' / 'rviz2'
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\necho "$@" > {told}\n')
    program.chmod(0o755)
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / 'rviz2').touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path), prepend=os.pathsep)
    params = tmp_path / 'p.yaml'
    params.write_text(
        f'{namespace}/fer_node:\n'
        '  ros__parameters: {image_topics: [/front/image_raw], autostart: false}\n'
    )
    launch('fer.launch.py', f'params_file:={params}', f'namespace:={namespace}', 'rviz:=true')
    assert graph.spin_until(lambda: told.exists() and told.read_text(), 60.0)
    assert '-r camera/image_annotated:=/front/image_annotated' in told.read_text()


def test_webcam_launch_turns_picture_into_emotions(graph, launch):
    from fer_ros.media.sample_people import PORTRAIT

    messages = graph.received(FaceEmotionArray, '/emotion')
    launch('webcam.launch.py', f'source:={PORTRAIT}', 'rate_hz:=10.0', 'rviz:=false')
    assert graph.spin_until(lambda: messages and messages[-1].faces, 40.0)
    assert messages[-1].faces[0].emotion == 'happiness'


def test_launch_files_leave_parameters_of_file_as_they_are(graph, launch, tmp_path):
    params = tmp_path / 'p.yaml'
    params.write_text(
        f'camera_node: {{ros__parameters: {{source: {tmp_path}, rate_hz: 4.0}}}}\n'
        'fer_node: {ros__parameters: {use_sim_time: true}}\n'
    )
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((48, 64, 3), np.uint8))
    launch('webcam.launch.py', f'params_file:={params}', 'rviz:=false')

    def value(node, name):
        request = GetParameters.Request(names=[name])
        return graph.call(GetParameters, f'{node}/get_parameters', request).values[0]

    assert value('/camera_node', 'source').string_value == str(tmp_path)
    assert value('/camera_node', 'rate_hz').double_value == 4.0
    assert value('/fer_node', 'use_sim_time').bool_value


def children(process, name):
    """Return the ids of child processes with a name in their command line."""
    found = []
    for status in Path('/proc').glob('[0-9]*/stat'):
        try:
            parent = int(status.read_text().rpartition(')')[2].split()[1])
            command = (status.parent / 'cmdline').read_bytes()
        except (OSError, ValueError):
            continue
        if parent == process.pid and name.encode() in command:
            found.append(int(status.parent.name))
    return found


def test_killed_node_is_restarted_with_respawn(graph, launch):
    process = launch('fer.launch.py', 'respawn:=true', 'respawn_delay_s:=0.1')
    seen = graph.tester.count_subscribers
    assert graph.spin_until(lambda: seen('/camera/image_raw'), 60.0)
    (first,) = children(process, 'fer_node')
    os.kill(first, signal.SIGKILL)
    assert graph.spin_until(lambda: set(children(process, 'fer_node')) - {first}, 60.0)


def test_node_that_refuses_a_setting_is_not_restarted(launch, tmp_path, capfd):
    params = tmp_path / 'p.yaml'
    params.write_text('/**:\n  ros__parameters:\n    max_faces: -5\n')
    process = launch(
        'fer.launch.py', f'params_file:={params}', 'respawn:=true', 'respawn_delay_s:=0.1'
    )
    process.wait(60)
    said = ''.join(capfd.readouterr())
    assert said.count('max_faces out of range') == 1
    assert said.count('process started') == 1
