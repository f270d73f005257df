import pytest
from face_clips import face_picture, write_clip

from fer_ros.data.crema_d import (
    FOLDS,
    find_clips,
    load_crema_d,
    load_crema_d_split,
    read_table,
)
from fer_ros.errors import DatasetError


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Clips from two folds in FLV and MP4, one without a face, one damaged, and a stray file."""
    folder = tmp_path_factory.mktemp('crema') / 'VideoFlash'
    folder.mkdir()
    write_clip(folder / '1001_DFA_ANG_XX.flv', face_picture(0), blank=(0, 1))
    write_clip(folder / '1019_IEO_HAP_HI.mp4', face_picture(1))
    write_clip(folder / '1020_TIE_NEU_XX.flv', face_picture(2), blank=range(6))
    (folder / '1091_WSI_SAD_XX.flv').write_bytes(b'FLV\x01 cut in the middle')
    (folder / 'notes.txt').write_text('not a clip')
    return folder


@pytest.fixture(scope='module')
def prepared(tmp_path_factory):
    """A cache that the tests of the splits share."""
    return tmp_path_factory.mktemp('prepared')


def test_file_name_gives_actor_sentence_emotion_level_and_fold(folder):
    clip = find_clips(folder)[1]
    assert (clip.name, clip.actor, clip.sentence, clip.emotion, clip.level, clip.fold) == (
        '1019_IEO_HAP_HI',
        1019,
        'IEO',
        'happiness',
        'HI',
        2,
    )


@pytest.mark.parametrize(
    ('actor', 'fold'),
    [(1001, 1), (1018, 1), (1019, 2), (1036, 2), (1037, 3), (1055, 4), (1073, 5), (1091, 5)],
)
def test_actor_determines_fold(tmp_path, actor, fold):
    (tmp_path / f'{actor}_DFA_FEA_XX.mp4').touch()
    assert find_clips(tmp_path)[0].fold == fold


def test_folds_share_no_actor_and_contain_all_91(tmp_path):
    for actor in range(1001, 1092):
        for name in ('DFA_FEA_XX', 'IEO_HAP_HI'):
            (tmp_path / f'{actor}_{name}.mp4').touch()
    actors = {fold: set() for fold in FOLDS}
    for clip in find_clips(tmp_path):
        actors[clip.fold].add(clip.actor)
    assert [len(those) for those in actors.values()] == [18, 18, 18, 18, 19]
    assert set.union(*actors.values()) == set(range(1001, 1092))


def test_frames_carry_label_actor_clip_and_time(folder, tmp_path):
    faces = load_crema_d(find_clips(folder), tmp_path, progress=False).faces
    assert faces.classes == ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness')
    assert faces.labels().tolist() == [0] * 4 + [3] * 6
    assert faces.subjects.tolist() == ['1001'] * 4 + ['1019'] * 6
    assert faces.clips.tolist() == ['1001_DFA_ANG_XX'] * 4 + ['1019_IEO_HAP_HI'] * 6
    assert faces.stamps_s[:4] == pytest.approx([0.2, 0.3, 0.4, 0.5])


def test_kept_faces_are_upright_with_their_landmarks(folder, tmp_path):
    faces = load_crema_d(find_clips(folder), tmp_path, progress=False).faces
    assert faces.images.shape[1:] == (96, 96)
    right_eye, left_eye = (
        faces.landmarks_px[4, 36:42].mean(0),
        faces.landmarks_px[4, 42:48].mean(0),
    )
    assert left_eye[1] - right_eye[1] == pytest.approx(0, abs=3)
    assert left_eye[0] - right_eye[0] == pytest.approx(0.4 * 96 / 1.5, abs=5)


def test_frames_without_face_are_counted_and_damaged_clips_named(folder, tmp_path):
    data = load_crema_d(find_clips(folder), tmp_path, progress=False)
    assert [clip.name for clip in data.clips] == [
        '1001_DFA_ANG_XX',
        '1019_IEO_HAP_HI',
        '1020_TIE_NEU_XX',
    ]
    assert data.frames == (6, 6, 6)
    assert data.frames_without_face == (2, 0, 6)
    assert len(data.problems) == 1
    assert data.problems[0].startswith('Left out: video')
    assert '1091_WSI_SAD_XX.flv cannot be opened' in data.problems[0]


def test_clips_with_identical_damage_are_each_named(tmp_path):
    write_clip(tmp_path / '1001_DFA_HAP_XX.mp4', face_picture(0))
    for name in ('1002_DFA_ANG_XX', '1003_DFA_ANG_XX'):
        (tmp_path / f'{name}.flv').touch()
    problems = load_crema_d(find_clips(tmp_path), tmp_path / 'cache', progress=False).problems
    assert ['1002' in problems[0], '1003' in problems[1]] == [True, True]


def test_truncated_clip_is_used_up_to_cut_and_reported(tmp_path):
    whole = tmp_path / 'whole.flv'
    write_clip(whole, face_picture(0), frames=20)
    data = whole.read_bytes()
    (tmp_path / '1001_DFA_HAP_XX.flv').write_bytes(data[: len(data) // 2])
    read = load_crema_d(find_clips(tmp_path), tmp_path / 'cache', progress=False)
    assert 0 < len(read.faces) < 15
    assert 'of 20 frames' in read.problems[0]


def test_fold_contains_only_its_own_clips(folder, tmp_path):
    part = load_crema_d(find_clips(folder), tmp_path, progress=False).of_fold(2)
    assert [clip.name for clip in part.clips] == ['1019_IEO_HAP_HI', '1020_TIE_NEU_XX']
    assert set(part.faces.clips) == {'1019_IEO_HAP_HI'}
    assert part.frames_without_face == (0, 6)


def test_second_load_does_not_rewrite_cache(folder, tmp_path):
    clips = find_clips(folder)[:1]
    load_crema_d(clips, tmp_path, progress=False)
    (file,) = tmp_path.iterdir()
    made_ns = file.stat().st_mtime_ns
    load_crema_d(clips, tmp_path, progress=False)
    assert file.stat().st_mtime_ns == made_ns


@pytest.mark.parametrize(
    ('fold', 'split', 'actors'),
    [
        (1, 'test', {1001}),
        (1, 'validation', {1019, 1020}),
        (2, 'test', {1019, 1020}),
        (2, 'train', {1001}),
        # The fold after the last is the first.
        (5, 'validation', {1001}),
        (5, 'train', {1019, 1020}),
    ],
)
def test_split_contains_only_actors_of_its_folds(folder, prepared, fold, split, actors):
    data = load_crema_d_split(folder, fold, split, prepared, progress=False)
    assert {clip.actor for clip in data.clips} == actors
    assert set(data.faces.subjects) == {str(actor) for actor in actors - {1020}}


def test_folder_without_clips_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match='contains no CREMA-D clip, expected files like'):
        find_clips(tmp_path)


def test_folder_with_only_damaged_clips_is_an_error(tmp_path):
    (tmp_path / '1001_DFA_ANG_XX.flv').write_bytes(b'FLV')
    with pytest.raises(DatasetError, match='none of 1 CREMA-D clips can be read'):
        load_crema_d(find_clips(tmp_path), tmp_path / 'cache', progress=False)


def test_table_beside_folder_is_read_if_present(tmp_path):
    (tmp_path / 'VideoFlash').mkdir()
    (tmp_path / 'VideoDemographics.csv').write_text('"ActorID","Age"\n1001,51\n')
    assert read_table(tmp_path / 'VideoFlash', 'VideoDemographics.csv') == [
        {'ActorID': '1001', 'Age': '51'}
    ]
    assert read_table(tmp_path / 'VideoFlash', 'summaryTable.csv') == []
