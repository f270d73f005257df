from pathlib import Path

import pytest

from fer_ros.ros.run_node import send_images_whole


def test_profile_is_chosen_where_none_is():
    environment = {}
    send_images_whole(environment)
    path = Path(environment['FASTRTPS_DEFAULT_PROFILES_FILE'])
    assert '<maxMessageSize>8388608</maxMessageSize>' in path.read_text()


@pytest.mark.parametrize(
    'name',
    [
        'FASTRTPS_DEFAULT_PROFILES_FILE',
        'FASTDDS_DEFAULT_PROFILES_FILE',
        'FASTDDS_BUILTIN_TRANSPORTS',
    ],
)
def test_choice_of_the_user_holds(name):
    environment = {name: 'mine'}
    send_images_whole(environment)
    assert environment == {name: 'mine'}
