from fer_ros.data.landmarked_pictures import METHOD
from fer_ros.face.detectors.hog import DEFAULT_SIDE_PX


def test_cache_of_pictures_depends_on_how_far_they_are_reduced():
    assert f'shorter side={DEFAULT_SIDE_PX}' in METHOD
