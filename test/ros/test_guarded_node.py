import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue, SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.lifecycle import TransitionCallbackReturn
from std_srvs.srv import Trigger

from fer_ros.ros.guarded_node import GuardedNode


class Faulty(GuardedNode):
    """Divides by zero in every callback."""

    def __init__(self):
        super().__init__('faulty')
        self.declare_parameter('size', 1)
        self.create_subscription(DiagnosticArray, 'words', lambda msg: 1 / 0, 10)
        self.create_service(Trigger, '~/divide', lambda request, response: 1 / 0)

    def on_configure(self, state):
        return TransitionCallbackReturn.SUCCESS


@pytest.fixture
def faulty(graph):
    return graph.add(Faulty())


def set_size(graph, value):
    request = SetParameters.Request(parameters=[Parameter(name='size', value=value)])
    return graph.call(SetParameters, '/faulty/set_parameters', request).results


WHOLE = ParameterValue(type=2, integer_value=5)


def test_raising_callback_is_counted_and_next_message_is_received(graph, faulty, capfd):
    publisher = graph.tester.create_publisher(DiagnosticArray, 'words', 10)
    graph.spin_until_matched('words')
    for count in (1, 2):
        publisher.publish(DiagnosticArray())
        assert graph.spin_until(lambda count=count: faulty.callback_errors == count)
    assert faulty.recent_error() == 'callback of /words: ZeroDivisionError: division by zero'
    log = capfd.readouterr().err
    assert log.count('faulty: callback of /words: ZeroDivisionError') == 1
    assert log.count('Traceback') == 1


def test_raising_timer_is_called_again(graph, faulty):
    calls = []
    faulty.create_timer(0.01, lambda: calls.append(1) or 1 / 0)
    assert graph.spin_until(lambda: len(calls) == 3)


def test_raising_service_answers_with_the_reason(graph, faulty):
    answer = graph.call(Trigger, '/faulty/divide', Trigger.Request())
    assert not answer.success
    assert answer.message == 'service ~/divide: ZeroDivisionError: division by zero'


def test_raising_parameter_check_refuses_change_with_the_reason(graph, faulty):
    faulty.add_on_set_parameters_callback(lambda parameters: 1 / 0)
    (result,) = set_size(graph, WHOLE)
    assert not result.successful
    assert result.reason == 'check of parameters: ZeroDivisionError: division by zero'
    assert (faulty.get_parameter('size').value, faulty.callback_errors) == (1, 1)


def test_raising_post_set_callback_is_counted_and_change_is_kept(graph, faulty):
    faulty.add_post_set_parameters_callback(lambda parameters: 1 / 0)
    (result,) = set_size(graph, WHOLE)
    assert result.successful
    assert (faulty.get_parameter('size').value, faulty.callback_errors) == (5, 1)


def test_parameter_of_unknown_type_set_atomically_is_refused(graph, faulty):
    strange = Parameter(name='size', value=ParameterValue(type=42))
    request = SetParametersAtomically.Request(parameters=[strange])
    answer = graph.call(SetParametersAtomically, '/faulty/set_parameters_atomically', request)
    assert not answer.result.successful
    assert '42 is not a valid' in answer.result.reason


def test_parameter_of_unknown_type_is_refused_and_earlier_ones_are_kept(graph, faulty):
    request = SetParameters.Request(
        parameters=[
            Parameter(name='size', value=WHOLE),
            Parameter(name='size', value=ParameterValue(type=42)),
        ]
    )
    good, bad = graph.call(SetParameters, '/faulty/set_parameters', request).results
    assert good == SetParametersResult(successful=True)
    assert not bad.successful
    assert '42 is not a valid' in bad.reason
    assert faulty.get_parameter('size').value == 5


@pytest.mark.parametrize('transition', [Transition.TRANSITION_DEACTIVATE, 200])
def test_invalid_transition_is_refused_and_next_one_succeeds(graph, faulty, capfd, transition):
    def change(number):
        request = ChangeState.Request(transition=Transition(id=number))
        return graph.call(ChangeState, '/faulty/change_state', request).success

    assert not change(transition)
    assert change(Transition.TRANSITION_CONFIGURE)
    assert 'Traceback' not in capfd.readouterr().err
    # The caller is at fault, not the node.
    assert faulty.callback_errors == 0
