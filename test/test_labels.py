import pytest

from fer_ros.labels import CREMA_D_CLASSES, FERPLUS_CLASSES, class_name


@pytest.mark.parametrize(
    ('label', 'name'),
    [
        ('Happy', 'happiness'),
        ('ANG', 'anger'),
        (' surprised ', 'surprise'),
        ('neutral', 'neutral'),
        ('bored', 'bored'),
    ],
)
def test_names_of_data_sets_become_the_names_used_here(label, name):
    assert class_name(label) == name


def test_every_class_of_crema_d_is_one_of_ferplus():
    assert set(CREMA_D_CLASSES) < set(FERPLUS_CLASSES)
