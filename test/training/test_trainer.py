import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from dataclasses import replace

from small_training import CONFIG, ONE_EPOCH, small_trainer

from fer_ros.data.joined_sets import join_sets
from fer_ros.errors import SettingError
from fer_ros.evaluation.predictions import aligned_faces, ask
from fer_ros.inference.config import ModelConfig
from fer_ros.inference.prior_correction import PriorCorrection
from fer_ros.models import load_classifier
from fer_ros.network.checkpoint import load_checkpoint, save_checkpoint
from fer_ros.training.compute import Compute
from fer_ros.training.face_dataset import AlignedFaces


def weights(out):
    return load_checkpoint(out / 'model.safetensors').model.state_dict()


def test_training_writes_accurate_checkpoint_exports_and_metrics(faces, tmp_path):
    config = replace(CONFIG, epochs=12, learning_rate=0.01)
    small_trainer(faces, tmp_path, config).fit(progress=False)
    checkpoint = load_checkpoint(tmp_path / 'model.safetensors')
    assert checkpoint.model.config.classes == ('smile', 'hidden')
    assert checkpoint.figures['validation_accuracy'] >= 0.9
    assert len((tmp_path / 'metrics.csv').read_text().splitlines()) == 13
    names = {path.name for path in tmp_path.iterdir()}
    assert {
        'model.onnx',
        'model.int8.onnx',
        'curve.png',
        'tensorboard',
        'last.safetensors',
    } <= names


def test_training_of_small_mobilenet_writes_no_8_bit_form(faces, tmp_path):
    mobilenet = ModelConfig(stream='cnn', cnn='mobilenet', mobilenet_blocks=2, crop_px=32)
    small_trainer(faces, tmp_path, replace(ONE_EPOCH, model=mobilenet)).fit(progress=False)
    assert load_classifier(tmp_path / 'model.onnx', int8=True).path == tmp_path / 'model.onnx'


def test_same_training_gives_same_model(faces, tmp_path):
    for name in 'ab':
        small_trainer(faces, tmp_path / name).fit(progress=False)
    a, b = weights(tmp_path / 'a'), weights(tmp_path / 'b')
    assert all((a[key] == b[key]).all() for key in a)


def test_stopped_and_resumed_run_gives_same_model(faces, tmp_path):
    whole = small_trainer(faces, tmp_path / 'whole')
    whole.fit(progress=False)
    small_trainer(faces, tmp_path / 'parts').fit_epochs(1, progress=False)
    resumed = small_trainer(faces, tmp_path / 'parts')
    assert resumed.course.epoch == 1
    resumed.fit(progress=False)
    for key, value in whole.learner.state_dict().items():
        assert (value == resumed.learner.state_dict()[key]).all(), key
    files = [tmp_path / name / 'metrics.csv' for name in ('whole', 'parts')]
    assert files[0].read_text() == files[1].read_text()


def test_resumed_run_keeps_its_thread_count(faces, tmp_path):
    try:
        compute = Compute(threads=2)
        small_trainer(faces, tmp_path, compute=compute).fit_epochs(1, progress=False)
        torch.set_num_threads(1)
        small_trainer(faces, tmp_path).fit_epochs(1, progress=False)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_incomplete_last_batch_is_trained_on(faces, tmp_path):
    trainer = small_trainer(faces, tmp_path, replace(ONE_EPOCH, batch_size=23))
    trainer.fit_epochs(1, progress=False)
    steps = {int(state['step']) for state in trainer.optimizer.state.values()}
    assert steps == {2}


def test_finished_run_does_not_ask_teacher_again(faces, tmp_path, capsys):
    small_trainer(faces, tmp_path / 'teacher', ONE_EPOCH).fit(progress=False)
    config = replace(ONE_EPOCH, teachers=(str(tmp_path / 'teacher' / 'model.safetensors'),))
    small_trainer(faces, tmp_path / 'run', config).fit()
    assert 'teacher' in capsys.readouterr().err
    small_trainer(faces, tmp_path / 'run', config).fit()
    assert 'teacher' not in capsys.readouterr().err


def test_resuming_with_other_settings_is_refused(faces, tmp_path):
    small_trainer(faces, tmp_path, ONE_EPOCH).fit(progress=False)
    with pytest.raises(SettingError, match='contains a training with other settings'):
        small_trainer(faces, tmp_path, replace(ONE_EPOCH, seed=2))


def test_resuming_with_other_data_is_refused(faces, tmp_path):
    small_trainer(faces, tmp_path, ONE_EPOCH).fit(progress=False)
    fewer = faces.select(np.arange(20))
    with pytest.raises(SettingError, match='contains a training with other data'):
        small_trainer(fewer, tmp_path, ONE_EPOCH, validation=faces)


def test_onnx_and_safetensors_models_give_same_answers(faces, tmp_path):
    small_trainer(faces, tmp_path).fit(progress=False)
    aligned = list(aligned_faces(faces, 48))
    a, b = (
        ask(load_classifier(tmp_path / 'model.onnx', backend), aligned, ['fused'])['fused']
        for backend in ('onnx', 'torch')
    )
    assert a == pytest.approx(b, abs=1e-5)


def test_weight_average_of_short_training_leaves_its_random_start(faces, tmp_path):
    trainer = small_trainer(faces, tmp_path, replace(CONFIG, ema_decay=0.999))
    begin = trainer.average.model.cnn_classifier[-1].weight.clone()
    trainer.fit(progress=False)
    moved = (trainer.average.model.cnn_classifier[-1].weight - begin).norm()
    assert moved > 0.3 * (trainer.learner.model.cnn_classifier[-1].weight - begin).norm()


def with_second(faces, labels):
    """Return the faces with second labels; -1 stands for none."""
    second = np.where(labels[:, None] >= 0, np.eye(2, dtype=np.float32)[labels], 0)
    return replace(faces, second_targets=second, second_classes=('hidden', 'smile'))


def test_second_labels_are_learned_but_add_no_weights_to_kept_model(faces, tmp_path):
    twice = with_second(faces, 1 - faces.labels())
    config = replace(CONFIG, epochs=12, learning_rate=0.01, second_loss=1.0)
    trainer = small_trainer(twice, tmp_path / 'twice', config, validation=faces)
    trainer.fit(progress=False)
    best = load_checkpoint(tmp_path / 'twice' / 'best.safetensors').model
    batch = AlignedFaces(twice, 48).collate([AlignedFaces(twice, 48)[i] for i in range(24)])
    predicted = best.streams(batch.crops, batch.nodes).second.argmax(dim=1)
    assert (predicted == batch.second_targets.argmax(dim=1)).float().mean() >= 0.9
    plain = small_trainer(faces, tmp_path / 'plain')
    assert weights(tmp_path / 'twice').keys() == plain.learner.model.state_dict().keys()


def test_finished_run_rebuilds_model_if_second_share_changes(faces, tmp_path):
    twice = with_second(faces, 1 - faces.labels())
    small_trainer(twice, tmp_path, ONE_EPOCH).fit(progress=False)
    before = weights(tmp_path)
    again = small_trainer(twice, tmp_path, replace(ONE_EPOCH, second_share=0.5))
    assert again.course.epoch == 1
    again.fit(progress=False)
    after = weights(tmp_path)
    assert (before['cnn.stem.1.weight'] == after['cnn.stem.1.weight']).all()
    assert (before['cnn_classifier.2.weight'] != after['cnn_classifier.2.weight']).any()


def test_training_can_start_from_a_checkpoint(faces, tmp_path):
    small_trainer(faces, tmp_path / 'first').fit(progress=False)
    config = replace(CONFIG, init=str(tmp_path / 'first' / 'best.safetensors'), seed=9)
    trainer = small_trainer(faces, tmp_path / 'second', config)
    expected = load_checkpoint(tmp_path / 'first' / 'best.safetensors').model.state_dict()
    for key, value in trainer.learner.model.state_dict().items():
        assert (value == expected[key]).all(), key


def test_init_share_of_one_keeps_initial_weights(faces, tmp_path):
    small_trainer(faces, tmp_path / 'first').fit(progress=False)
    init = tmp_path / 'first' / 'best.safetensors'
    config = replace(CONFIG, init=str(init), init_share=1.0)
    small_trainer(faces, tmp_path / 'second', config).fit(progress=False)
    expected = load_checkpoint(init).model.cnn.state_dict()
    kept = load_checkpoint(tmp_path / 'second' / 'model.safetensors').model.cnn.state_dict()
    for key in (key for key in expected if not key.endswith('num_batches_tracked')):
        torch.testing.assert_close(kept[key], expected[key], rtol=1e-2, atol=1e-3)


def test_resuming_with_other_teacher_is_refused(faces, tmp_path):
    teacher = tmp_path / 'a' / 'model.safetensors'
    small_trainer(faces, tmp_path / 'a', ONE_EPOCH).fit(progress=False)
    small_trainer(faces, tmp_path / 'b', replace(ONE_EPOCH, seed=2)).fit(progress=False)
    taught_by_a = replace(ONE_EPOCH, teachers=(str(teacher),))
    small_trainer(faces, tmp_path / 'c', taught_by_a).fit(progress=False)
    teacher.write_bytes((tmp_path / 'b' / 'model.safetensors').read_bytes())
    with pytest.raises(SettingError, match='contains a training with other checkpoints'):
        small_trainer(faces, tmp_path / 'c', taught_by_a)


def test_bfloat16_is_used_if_supported_and_weights_stay_float32(faces, tmp_path, monkeypatch):
    kept = {}
    for name, able in (('mixed', {'amx_bf16': True}), ('whole', {})):
        monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda able=able: able)
        small_trainer(faces, tmp_path / name, ONE_EPOCH).fit(progress=False)
        kept[name] = load_checkpoint(tmp_path / name / 'best.safetensors').model.state_dict()
    mixed, whole = (kept[name]['cnn_classifier.2.weight'] for name in kept)
    assert mixed.dtype == torch.float32
    assert 0 < (mixed - whole).abs().max() < 0.01


def test_torch_that_does_not_tell_about_bfloat16_trains_in_float32(faces, tmp_path, monkeypatch):
    # Before 2.11, there is no such function.
    monkeypatch.delattr(torch.cpu, 'get_capabilities')
    assert not Compute().has_bfloat16
    assert not small_trainer(faces, tmp_path, ONE_EPOCH).learner.mixed_precision


def second_gradient(learner, faces):
    learner.zero_grad()
    dataset = AlignedFaces(faces, 48)
    learner(dataset.collate([dataset[index] for index in range(len(faces))])).backward()
    return learner.model.second_classifier.weight.grad.clone()


def test_missing_second_label_is_not_learned_and_does_not_dilute_those_there(faces, tmp_path):
    some = with_second(faces, np.where(np.arange(24) < 12, np.arange(24) % 2, -1))
    config = replace(CONFIG, modality_dropout=0.0)
    learner = small_trainer(some, tmp_path, config).learner.eval()
    assert (second_gradient(learner, some.select(np.arange(12, 24))) == 0).all()
    expected = second_gradient(learner, some.select(np.arange(12)))
    assert expected.abs().max() > 0
    torch.testing.assert_close(second_gradient(learner, some), expected, rtol=1e-3, atol=1e-6)


def test_training_with_a_single_second_label_stays_finite(faces, tmp_path):
    one = with_second(faces, np.where(np.arange(24) == 0, 0, -1))
    trainer = small_trainer(one, tmp_path, ONE_EPOCH)
    assert np.isfinite(trainer.fit(progress=False).accuracy)
    assert all(weights.isfinite().all() for weights in trainer.learner.parameters())


def test_validation_loss_is_that_of_the_kept_model(faces, tmp_path):
    late = replace(ONE_EPOCH, model=replace(CONFIG.model, fusion='late'))
    small_trainer(faces, tmp_path / 'first', late).fit(progress=False)
    config = replace(late, init=str(tmp_path / 'first' / 'model.safetensors'), init_share=0.5)
    trainer = small_trainer(faces, tmp_path / 'second', config)
    trainer.fit(progress=False)
    kept = load_classifier(tmp_path / 'second' / 'model.safetensors', 'torch')
    answers = ask(kept, aligned_faces(faces, kept.config.crop_px), ['fused'])['fused']
    loss = -np.log(answers[np.arange(24), faces.labels()]).mean()
    # Weights are rounded to 16 bits, and temperatures tried one by one.
    assert trainer.course.history[0].validation_loss == pytest.approx(loss, abs=2e-3)


def test_class_biases_lower_loss_of_kept_model_and_their_effect_is_printed(
    faces, tmp_path, capsys
):
    leaning = faces.select(np.array([0, 2, 4, 6, 8, 10, 12, 1]))
    losses = []
    for name, biases in (('plain', False), ('biases', True)):
        config = replace(ONE_EPOCH, class_biases=biases)
        small_trainer(faces, tmp_path / name, config, validation=leaning).fit(progress=True)
        assert ('class biases, cross-fitted: accuracy' in capsys.readouterr().out) == biases
        kept = load_classifier(tmp_path / name / 'model.safetensors', 'torch')
        answers = ask(kept, aligned_faces(leaning, kept.config.crop_px), ['fused'])['fused']
        losses.append(-np.log(answers[np.arange(8), leaning.labels()]).mean())
    assert losses[1] < losses[0]


def test_every_form_of_kept_model_states_drawn_class_frequencies(faces, tmp_path):
    rare = faces.select(np.array([0, 2, 4, 1]))
    config = replace(ONE_EPOCH, balance=1.0)
    small_trainer(rare, tmp_path / 'alike', config).fit(progress=False)
    small_trainer(rare, tmp_path / 'plain', replace(config, balance=0.0)).fit(progress=False)
    for name, smile in (('alike', 0.5), ('plain', 0.75)):
        model = tmp_path / name / 'model.onnx'
        forms = [
            load_classifier(model, 'torch'),
            load_classifier(model),
            load_classifier(model, int8=True),
        ]
        assert [form.path.suffixes for form in forms] == [
            ['.safetensors'],
            ['.onnx'],
            ['.int8', '.onnx'],
        ]
        for form in forms:
            known = form.figures['class_frequencies']
            assert known == pytest.approx({'smile': smile, 'hidden': 1 - smile})
            assert form.figures['temperature'] > 0
            PriorCorrection(form, 1.0)


def test_class_frequencies_are_those_of_the_teachers_answers(faces, tmp_path):
    small_trainer(faces, tmp_path, ONE_EPOCH).fit(progress=False)
    teacher = load_checkpoint(tmp_path / 'best.safetensors')
    with torch.no_grad():
        teacher.model.vote.weight.zero_()
        teacher.model.vote.bias.copy_(torch.tensor([0.9, 0.1]).log())
    save_checkpoint(teacher, tmp_path / 'teacher.safetensors')
    path = str(tmp_path / 'teacher.safetensors')
    config = replace(ONE_EPOCH, balance=0.0, teachers=(path,), teacher_share=0.5)
    # A finished run states them too.
    for _ in range(2):
        small_trainer(faces, tmp_path / 'run', config).fit(progress=False)
        for name in ('best', 'model'):
            known = load_checkpoint(tmp_path / 'run' / f'{name}.safetensors').figures
            assert known['class_frequencies'] == pytest.approx(
                {'smile': 0.7, 'hidden': 0.3}, abs=1e-5
            )


def with_a_class_of_its_own(faces):
    """Join the faces with as many of a set that has a third class and lacks the second."""
    return join_sets([faces, replace(faces, classes=('smile', 'third'))])


def test_face_gives_no_gradient_to_class_missing_from_its_set(faces, tmp_path):
    joined = with_a_class_of_its_own(faces)
    learner = small_trainer(joined, tmp_path).learner
    lacking = AlignedFaces(joined.select(joined.set_numbers == 1), 48)
    learner(lacking.collate([lacking[index] for index in range(6)])).backward()
    classifiers = [p for p in learner.model.parameters() if len(p) == len(joined.classes)]
    assert len(classifiers) >= 4
    for parameter in classifiers:
        hidden, smile, third = parameter.grad.reshape(3, -1).abs().sum(dim=1)
        assert hidden == 0
        assert smile > 0
        assert third > 0


def test_joined_training_never_answers_with_a_class_missing_from_the_set(faces, tmp_path):
    joined = with_a_class_of_its_own(faces)
    config = replace(ONE_EPOCH, shares=(1, 2))
    trainer = small_trainer(joined, tmp_path, config, about={'datasets': [{'dataset': 'folder'}]})
    metrics = trainer.fit(progress=False)
    hidden, smile, third = 0, 1, 2
    assert metrics.confusion[hidden].tolist()[third] == 0
    assert metrics.confusion[third].tolist()[hidden] == 0
    assert metrics.confusion[smile].sum() == 24
    kept = load_checkpoint(tmp_path / 'model.safetensors')
    assert kept.model.config.classes == ('hidden', 'smile', 'third')
    assert kept.figures['datasets'] == [{'dataset': 'folder'}]


@pytest.mark.parametrize(('field', 'alike'), [('known_classes', True), ('set_numbers', 0)])
def test_resuming_with_other_joined_sets_is_refused(faces, tmp_path, field, alike):
    joined = with_a_class_of_its_own(faces)
    small_trainer(joined, tmp_path).fit_epochs(1, progress=False)
    other = replace(joined, **{field: np.full_like(getattr(joined, field), alike)})
    with pytest.raises(SettingError, match='contains a training with other data'):
        small_trainer(other, tmp_path)
