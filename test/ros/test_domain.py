import os
import subprocess
import sys

import rclpy
from rclpy.context import Context

from fer_ros.ros.domain import take_domain


def taken_by_another_process():
    program = 'from fer_ros.ros.domain import take_domain; print(take_domain())'
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    return int(result.stdout)


def test_taken_domain_is_not_given_again():
    first = take_domain()
    assert take_domain() != first
    assert taken_by_another_process() != first


def test_domain_with_running_node_is_not_given():
    domain = taken_by_another_process()
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    node = rclpy.create_node('inhabitant', context=context)
    assert take_domain() != domain
    node.destroy_node()
    rclpy.shutdown(context=context)


def test_child_processes_inherit_domain_of_tests():
    program = 'import os; print(os.environ["ROS_DOMAIN_ID"])'
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert 1 <= int(result.stdout) == int(os.environ['ROS_DOMAIN_ID'])
