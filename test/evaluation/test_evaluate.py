import csv
import json
from dataclasses import replace

import cv2
import numpy as np
import onnx
import pytest
from face_clips import face_picture, write_clip

from fer_ros.cli import main
from fer_ros.errors import DatasetError, SettingError
from fer_ros.evaluation.evaluate import evaluate
from fer_ros.evaluation.settings import EvaluateSettings
from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.labels import FERPLUS_CLASSES


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr('fer_ros.evaluation.evaluate.CACHE', tmp_path / 'cache')


@pytest.fixture
def stills(tmp_path):
    """Two smiling portraits, one of which is labeled wrongly."""
    for name in ('happiness', 'fear'):
        file = tmp_path / 'stills' / 'test' / name / 'a.png'
        file.parent.mkdir(parents=True)
        cv2.imwrite(str(file), face_picture(0))
    return tmp_path / 'stills'


@pytest.fixture
def crema_d(tmp_path):
    """Three clips of two folds, a damaged one, and the tables published with them."""
    folder = tmp_path / 'CREMA-D' / 'VideoFlash'
    folder.mkdir(parents=True)
    write_clip(folder / '1001_DFA_HAP_XX.flv', face_picture(0), blank=(5,))
    write_clip(folder / '1001_DFA_ANG_HI.mp4', face_picture(1))
    write_clip(folder / '1020_TIE_HAP_LO.mp4', face_picture(2))
    (folder / '1021_TIE_SAD_LO.flv').write_bytes(b'FLV')
    (folder.parent / 'summaryTable.csv').write_text(
        '"","FileName","FaceVote"\n1,1001_DFA_HAP_XX,H\n2,1001_DFA_ANG_HI,A:H\n3,1002_X,A\n'
    )
    (folder.parent / 'VideoDemographics.csv').write_text(
        'ActorID,Age,Sex,Race\n1001,51,Male,Caucasian\n1020,33,Female,Asian\n'
    )
    return folder


def rows(out, table):
    with (out / f'{table}.csv').open() as stream:
        return list(csv.DictReader(stream))


def test_report_has_figures_classes_and_pictures(stills, tmp_path, capsys):
    settings = EvaluateSettings(SHIPPED_MODEL, stills, split='test')
    evaluate(settings, tmp_path / 'out')
    text = capsys.readouterr().out
    assert '| fused | all | 2 | 50.00 % |' in text
    assert 'Classes of the model that the data does not have: neutral, surprise' in text
    figures = json.loads((tmp_path / 'out' / 'figures.json').read_text())
    assert figures['confusion']['fused']['classes'] == ['fear', 'happiness']
    assert figures['confusion']['fused']['counts'] == [[0, 1], [0, 1]]
    assert cv2.imread(str(tmp_path / 'out' / 'confusion_fused.png')) is not None
    assert (tmp_path / 'out' / 'report.md').read_text() in text


def test_shipped_model_is_evaluated_on_all_pictures_of_data_without_splits(
    stills, tmp_path, capsys
):
    (stills / 'test').rename(tmp_path / 'mine')
    main(['evaluate', '--data', str(tmp_path / 'mine')])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'judged: mine: split all, 2 of 2 pictures'
    assert '# mine all, 2 faces' in lines


def test_streams_are_compared_on_the_same_faces(stills, tmp_path):
    pytest.importorskip('torch_geometric')
    settings = EvaluateSettings(
        SHIPPED_MODEL, stills, split='test', streams=('cnn', 'gat', 'fused', 'smoothed')
    )
    found = evaluate(settings, tmp_path / 'out')
    streams = ['as trained', 'cnn', 'gat', 'fused']
    assert [row['stream'] for row in rows(tmp_path / 'out', 'streams')] == streams
    assert [row['streams'] for row in rows(tmp_path / 'out', 'differences')] == [
        'fused - as trained',
        'fused - cnn',
        'fused - gat',
    ]
    frames = rows(tmp_path / 'out', 'frames')
    assert [row['stream'] for row in frames] == [
        *streams,
        'smoothed',
        'smoothed, plain average',
    ]
    assert [row['streams'] for row in rows(tmp_path / 'out', 'frame_differences')] == [
        'fused - as trained',
        'fused - cnn',
        'fused - gat',
        'smoothed - fused',
        'smoothed, plain average - fused',
    ]
    assert any('clips are synthetic' in note for note in found.notes)


def test_answers_as_trained_are_listed_beside_corrected_ones(stills, tmp_path):
    settings = EvaluateSettings(SHIPPED_MODEL, stills, split='test', prior_correction=1.0)
    found = evaluate(settings, tmp_path / 'out')
    assert (
        'Its answers have a prior_correction of 1 with the class offsets of its file and a '
        'temperature of'
    ) in found.notes[0]
    trained, answered = rows(tmp_path / 'out', 'streams')
    assert (trained['stream'], answered['stream']) == ('as trained', 'fused')
    # On two equal pictures both give the same class, but with different confidence.
    error = 'calibration error (0 to 1)'
    assert trained['accuracy'] == answered['accuracy'] == '0.5'
    assert trained[error] != answered[error]
    curve = rows(tmp_path / 'out', 'prior_corrections')
    assert [float(row['prior_correction']) for row in curve] == [n / 10 for n in range(11)]
    assert float(curve[-1][error]) == pytest.approx(float(answered[error]), abs=1e-5)
    assert sum(int(row['faces']) for row in rows(tmp_path / 'out', 'poses')) == 2


def test_model_without_class_frequencies_is_evaluated_as_trained(stills, tmp_path):
    write_model(tmp_path / 'm' / 'model.onnx', fold=1)
    settings = EvaluateSettings(tmp_path / 'm' / 'model.onnx', stills, split='test')
    found = evaluate(settings, tmp_path / 'out')
    assert 'a prior_correction of 0 and a temperature of 1;' in found.notes[0]
    assert not (tmp_path / 'out' / 'prior_corrections.csv').exists()
    with pytest.raises(
        SettingError, match='does not state how often its training drew each class'
    ):
        evaluate(replace(settings, prior_correction=0.4))


def test_clips_of_severity_0_show_still_in_every_frame(stills, tmp_path):
    settings = EvaluateSettings(
        SHIPPED_MODEL, stills, split='test', streams=('fused', 'smoothed'), severity=0.0
    )
    found = evaluate(settings, tmp_path / 'out')
    _, still = rows(tmp_path / 'out', 'streams')
    _, single, smoothed, average = rows(tmp_path / 'out', 'frames')
    assert single['accuracy'] == smoothed['accuracy'] == average['accuracy'] == still['accuracy']
    assert float(single['flicker (changes/s)']) == 0
    assert any('(severity 0)' in note for note in found.notes)


def test_report_mentions_mirror_images_only_if_used(stills, tmp_path, capsys):
    pytest.importorskip('torch_geometric')
    chosen = EvaluateSettings(SHIPPED_MODEL, stills, split='test', streams=('cnn', 'fused'))
    evaluate(chosen)
    assert 'mirror' not in capsys.readouterr().out
    evaluate(replace(chosen, mirror=True))
    assert 'averaged over each face and its mirror image' in capsys.readouterr().out


@pytest.mark.parametrize(('clips', 'smoothed'), [(['a', 'a', 'a'], 1.0), (['a', 'b', 'c'], 0.75)])
def test_frames_of_manifest_are_smoothed_within_their_clip(tmp_path, clips, smoothed):
    smile, lower_half_covered = face_picture(0), face_picture(0)
    lower_half_covered[140:] = 120
    lines = ['path,label,clip,frame,split', '1.png,sadness,other,0,test']
    for frame, picture in enumerate((smile, lower_half_covered, smile)):
        cv2.imwrite(str(tmp_path / f'{frame}.png'), picture)
        lines.append(f'{frame}.png,happiness,{clips[frame]},{frame},test')
    (tmp_path / 'manifest.csv').write_text('\n'.join(lines))
    settings = EvaluateSettings(SHIPPED_MODEL, tmp_path, split='test', streams=('smoothed',))
    evaluate(settings, tmp_path / 'out')
    found = {row['stream']: float(row['accuracy']) for row in rows(tmp_path / 'out', 'frames')}
    # By itself, the covered face looks sad.
    assert (found['as trained'], found['fused']) == (0.75, 0.75)
    assert (found['smoothed'], found['smoothed, plain average']) == (smoothed, smoothed)


def test_changes_table_has_row_per_severity_and_smoother(stills, tmp_path):
    found = evaluate(
        EvaluateSettings(SHIPPED_MODEL, stills, split='test', changes=True), tmp_path / 'out'
    )
    table = rows(tmp_path / 'out', 'changes')
    assert [(row['severity'], row['smoother']) for row in table] == [
        (severity, smoother)
        for severity in ('0.5', '0.96', '1.5')
        for smoother in ('following', 'average')
    ]
    assert any('landmarks are found in each disturbed frame' in note for note in found.notes)
    assert cv2.imread(str(tmp_path / 'out' / 'changes.png')) is not None


def test_changes_are_refused_if_all_faces_are_of_one_class(stills, tmp_path):
    (stills / 'train').mkdir()
    (stills / 'test' / 'fear').rename(stills / 'train' / 'fear')
    settings = EvaluateSettings(SHIPPED_MODEL, stills, split='test', changes=True)
    with pytest.raises(DatasetError, match='all faces are labelled happiness, but changes needs'):
        evaluate(settings)


def test_robustness_has_curves_plot_and_size_table(stills, tmp_path):
    found = evaluate(
        EvaluateSettings(SHIPPED_MODEL, stills, split='test', robustness=True), tmp_path / 'out'
    )
    strength, found_there = found.curves['noise (gray levels)'][0]
    assert (strength, found_there.value) == (0, 0.5)
    first = rows(tmp_path / 'out', 'robustness')[0]
    assert (first['disturbance'], first['accuracy']) == ('blur (sigma, px)', '0.5')
    assert cv2.imread(str(tmp_path / 'out' / 'robustness.png')) is not None
    sizes = rows(tmp_path / 'out', 'sizes')
    assert [row['width of the face, px'] for row in sizes] == ['48', '36', '24', '20']
    assert {row['larger faces'] for row in sizes} == {'2'}


def texture(seed, shape):
    cells = np.random.default_rng(seed).integers(0, 255, (9, 9)).astype(np.uint8)
    return cv2.resize(cells, shape[::-1], interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize(('fold', 'seen'), [(1, 0), (3, 1)])
def test_seen_data_are_those_of_the_fold_that_the_model_was_trained_for(tmp_path, fold, seen):
    smile = face_picture(0)
    # The first woman is the test split of fold 1, and training data in fold 3.
    for number, name in enumerate(('KA', 'KL', 'KM', 'KR', 'MK')):
        file = tmp_path / 'JAFFE' / f'{name}.HA1.{number}.tiff'
        file.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(file), smile if name == 'KA' else texture(number, smile.shape[:2]))
    for name, picture in (('happiness', smile), ('fear', texture(9, smile.shape[:2]))):
        (tmp_path / 'mine' / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / 'mine' / name / 'a.png'), picture)
    write_model(tmp_path / 'm' / 'model.onnx', 1, [{'dataset': 'jaffe', 'fold': fold}])
    settings = EvaluateSettings(
        tmp_path / 'm' / 'model.onnx',
        tmp_path / 'mine',
        split='all',
        seen=(tmp_path / 'JAFFE',),
    )
    note = f'The photograph of {seen} of these faces is also in data used for training.'
    assert note in evaluate(settings).notes


def test_crema_d_is_judged_by_frame_clip_fold_crowd_and_group(crema_d, tmp_path, capsys):
    settings = EvaluateSettings(SHIPPED_MODEL, crema_d, streams=('smoothed',))
    found = evaluate(settings, tmp_path / 'out')
    text = capsys.readouterr().out
    left_out, missing = found.endnotes
    assert left_out.startswith('Left out: video')
    assert '1021_TIE_SAD_LO.flv' in left_out
    assert missing == 'Missing: 1 clip that summaryTable.csv lists: 1002_X.'
    assert text.index('| stream |') < text.index('- Left out: video')
    assert 'CREMA-D: 3 clips, 18 frames, 1 of them without a face; 0 clips' in found.notes[2]
    out = tmp_path / 'out'
    clips = {row['stream']: float(row['weighted accuracy']) for row in rows(out, 'clips')}
    assert clips == dict.fromkeys(('as trained', 'fused', 'smoothed'), pytest.approx(2 / 3))
    assert [(row['fold'], row['clips']) for row in rows(out, 'folds')][:2] == [
        ('1', '2'),
        ('2', '1'),
    ]
    # The second clip is a tie, and so has no label from the crowd.
    assert 'Clips against the label of the crowd (1 without a tie)' in text
    assert [row['clips'] for row in rows(out, 'crowd') if row['who'] == 'the crowd'] == [
        '1 without a tie',
        'all 2, 1 ties shared',
    ]
    assert [(row["the actor's sex"], row['clips']) for row in rows(out, 'by_sex')] == [
        ('Female', '1'),
        ('Male', '2'),
    ]
    assert [row["the actor's age"] for row in rows(out, 'by_age')] == [
        '30 to 44',
        '45 and older',
    ]
    assert [row['acted intensity'] for row in rows(out, 'by_level')] == ['HI', 'LO', 'XX']
    streams = ['as trained', 'fused', 'smoothed']
    assert [row['stream'] for row in rows(out, 'fear_neutral')] == streams
    assert not (out / 'confusion_as trained_frames.png').exists()


def test_changes_of_crema_d_are_refused_by_their_name(crema_d):
    with pytest.raises(SettingError, match='changes applies to clips made of stills'):
        evaluate(EvaluateSettings(SHIPPED_MODEL, crema_d, changes=True))


def test_clip_without_any_face_counts_as_wrong(tmp_path):
    folder = tmp_path / 'VideoFlash'
    folder.mkdir()
    write_clip(folder / '1001_DFA_HAP_XX.mp4', face_picture(0))
    write_clip(folder / '1001_IEO_HAP_XX.mp4', face_picture(0), blank=range(6))
    evaluate(EvaluateSettings(SHIPPED_MODEL, folder), tmp_path / 'out')
    (_, clips), (_, frames) = rows(tmp_path / 'out', 'clips'), rows(tmp_path / 'out', 'frames')
    assert float(clips['weighted accuracy']) == 0.5
    assert float(frames['accuracy']) == 1.0


def test_fold_without_faces_does_not_stop_other_folds(tmp_path):
    write_clip(tmp_path / '1001_DFA_HAP_XX.mp4', face_picture(0))
    write_clip(tmp_path / '1020_DFA_HAP_XX.mp4', face_picture(0), blank=range(6))
    (tmp_path / '1090_DFA_HAP_XX.mp4').symlink_to(tmp_path / 'nowhere.mp4')
    evaluate(EvaluateSettings(SHIPPED_MODEL, tmp_path), tmp_path / 'out')
    accuracies = {row['fold']: row['fused accuracy'] for row in rows(tmp_path / 'out', 'folds')}
    assert (accuracies['1'], accuracies['2'], accuracies['5']) == ('1.0', '0.0', 'nan')
    assert float(accuracies['mean']) == 0.5


def write_model(path, fold, lineage=()):
    """Write the shipped model, marked as trained for a fold of CREMA-D."""
    graph = onnx.load(SHIPPED_MODEL)
    properties = {entry.key: entry.value for entry in graph.metadata_props}
    properties['figures'] = json.dumps({'dataset': 'crema_d', 'fold': fold, 'lineage': lineage})
    onnx.helper.set_model_props(graph, properties)
    path.parent.mkdir(exist_ok=True)
    onnx.save(graph, path)


def always_answer(path, emotion):
    """Change a model so that it answers every face with the same emotion."""
    graph = onnx.load(path)
    (output,) = graph.graph.output
    last = next(node for node in graph.graph.node if output.name in node.output)
    last.output[:] = ['logits of the face']
    bias = np.float32([1000 * (name == emotion) for name in FERPLUS_CLASSES])
    graph.graph.initializer.append(onnx.numpy_helper.from_array(bias, 'bias'))
    graph.graph.node.append(
        onnx.helper.make_node('Add', ['logits of the face', 'bias'], [output.name])
    )
    onnx.save(graph, path)


def test_each_fold_is_evaluated_with_its_own_model(crema_d, tmp_path):
    # Fold 1 has a happy and an angry clip, fold 2 a happy one.
    for fold, emotion in ((1, 'sadness'), (2, 'happiness')):
        write_model(tmp_path / f'{fold}' / 'model.onnx', fold)
        always_answer(tmp_path / f'{fold}' / 'model.onnx', emotion)
    settings = EvaluateSettings(tmp_path / '{fold}' / 'model.onnx', crema_d)
    found = evaluate(settings, tmp_path / 'out')
    assert any('The actors of each fold are not in the clips' in note for note in found.notes)
    accuracies = {row['fold']: row['fused accuracy'] for row in rows(tmp_path / 'out', 'folds')}
    assert (accuracies['1'], accuracies['2']) == ('0.0', '1.0')


def test_model_of_one_fold_is_refused_unless_only_that_fold_is_evaluated(crema_d, tmp_path):
    write_model(tmp_path / 'model.onnx', fold=1)
    with pytest.raises(SettingError, match='was trained for fold 1, or descends from'):
        evaluate(EvaluateSettings(tmp_path / 'model.onnx', crema_d))
    evaluate(EvaluateSettings(tmp_path / 'model.onnx', crema_d, fold=1))


def test_model_whose_ancestor_has_seen_actors_of_fold_is_refused(crema_d, tmp_path):
    lineage = [{'dataset': 'ferplus'}, {'dataset': 'crema_d', 'fold': 1}]
    write_model(tmp_path / 'model.onnx', fold=2, lineage=lineage)
    with pytest.raises(SettingError, match='has seen actors of fold 2'):
        evaluate(EvaluateSettings(tmp_path / 'model.onnx', crema_d, fold=2))


def test_fold_without_clips_is_an_error(crema_d):
    with pytest.raises(DatasetError, match='contains no CREMA-D clip of fold 4'):
        evaluate(EvaluateSettings(SHIPPED_MODEL, crema_d, fold=4))


def test_data_with_fewer_than_two_common_classes_is_an_error(tmp_path):
    for name in ('bored', 'fear'):
        (tmp_path / 'test' / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / 'test' / name / 'a.png'), np.zeros((60, 50), np.uint8))
    with pytest.raises(DatasetError, match='expected at least two classes in common'):
        evaluate(EvaluateSettings(SHIPPED_MODEL, tmp_path, split='test'))


@pytest.mark.parametrize(
    ('values', 'sentence'),
    [
        ({'streams': ('rnn',)}, "stream 'rnn' is unknown, expected cnn, gat, fused, smoothed"),
        ({'dataset': 'raf'}, "dataset is 'raf', expected one of ferplus, raf_db, affectnet"),
        ({'fold': 11}, 'fold is 11, expected 0 to 10'),
        ({'severity': 4.0, 'streams': ('smoothed',)}, 'severity is 4.0, expected 0 to 3'),
        ({'severity': 1.0}, 'severity applies only to the stream smoothed'),
    ],
)
def test_invalid_setting_is_refused(tmp_path, values, sentence):
    with pytest.raises(SettingError, match=sentence):
        EvaluateSettings(SHIPPED_MODEL, tmp_path, **values)
