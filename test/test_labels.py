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
def test_data_set_labels_map_to_class_names(label, name):
    assert class_name(label) == name


def test_crema_d_classes_are_proper_subset_of_ferplus_classes():
    assert set(CREMA_D_CLASSES) < set(FERPLUS_CLASSES)
