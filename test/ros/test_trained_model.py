"""From labeled pictures to a node that runs the trained model, with the commands of users."""

import csv

import cv2
import numpy as np
import pytest

pytest.importorskip('torch_geometric')

from face_clips import face_picture
from fer_ros.msg import FaceEmotionArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from stamped import header

from fer_ros.cli import main
from fer_ros.ros.conversions import bgr_to_msg

CONFIG = """
epochs: 3
batch_size: 8
learning_rate: 0.01
ema_decay: 0.7
model:
  {cnn_channels: [4, 8, 8], cnn_blocks: [1, 1, 1], hidden_channels: 8, gat_layers: 1, heads: 2}
"""


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Pictures in two classes: with a visible mouth, and with a hand in front of it."""
    monkeypatch.setattr('fer_ros.evaluation.evaluate.CACHE', tmp_path / 'cache')
    monkeypatch.setattr('fer_ros.training.train.CACHE', tmp_path / 'cache')
    rng = np.random.default_rng(0)
    for split, count in (('train', 16), ('validation', 4), ('test', 4)):
        for number in range(count):
            for name in ('hidden', 'open'):
                # Different light makes it a different photograph.
                shade = cv2.resize(rng.normal(1, 0.5, (6, 6)), (240, 240))[..., None]
                picture = np.clip(face_picture(0) * shade, 0, 255).astype(np.uint8)
                if name == 'hidden':
                    picture[150:, 60:180] = 20
                file = tmp_path / 'data' / split / name / f'{number}.png'
                file.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(file), picture)
    (tmp_path / 'c.yaml').write_text(CONFIG)
    return tmp_path


def test_interrupted_training_is_finished_evaluated_and_run_in_node(
    data, graph, fer_node, monkeypatch, capsys
):
    from fer_ros.training.trainer import Trainer

    command = ['train', '--data', str(data / 'data'), '--config', str(data / 'c.yaml')]
    command += ['--out', str(data / 'run'), '--device', 'cpu', '--threads', '1']

    def stop_after_one_epoch(trainer):
        trainer.fit_epochs(1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, 'fit', stop_after_one_epoch)
        with pytest.raises(SystemExit, match=r'^130$'):
            main(command)
    assert 'epoch 1/3' in capsys.readouterr().err
    first_row = (data / 'run' / 'metrics.csv').read_text()
    main(command)
    resumed = capsys.readouterr().err
    assert 'epoch 1/3' not in resumed
    assert 'epoch 2/3' in resumed
    assert (data / 'run' / 'metrics.csv').read_text().startswith(first_row)
    with (data / 'run' / 'metrics.csv').open() as stream:
        assert [row['epoch'] for row in csv.DictReader(stream)] == ['1', '2', '3']

    model = str(data / 'run' / 'model.onnx')
    judge = ['evaluate', '--model', model, '--data', str(data / 'data'), '--split', 'test']
    main([*judge, '--out', str(data / 'report')])
    assert (data / 'report' / 'report.md').is_file()

    fer_node(model=model)
    answers = graph.received(FaceEmotionArray, 'emotion')
    publisher = graph.tester.create_publisher(Image, 'camera/image_raw', qos_profile_sensor_data)
    graph.spin_until_matched('camera/image_raw', 'emotion')
    publisher.publish(bgr_to_msg(face_picture(0), header(1.0, 'camera')))
    assert graph.spin_until(lambda: answers)
    assert answers[0].classes == ['hidden', 'open']
    assert len(answers[0].faces) == 1
