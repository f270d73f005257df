"""Training faces for tests."""

import pytest


@pytest.fixture
def faces(portrait_gray, portrait_landmarks):
    """24 dark and bright-mouthed pictures of the portrait in two classes."""
    pytest.importorskip('torch_geometric')
    from small_training import make_faces

    return make_faces(portrait_gray, portrait_landmarks)
