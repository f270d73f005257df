import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fer_ros

PACKAGE = Path(__file__).parent.parent / 'fer_ros'
ROS = {
    'ament_index_python',
    'builtin_interfaces',
    'cv_bridge',
    'diagnostic_msgs',
    'launch',
    'rcl_interfaces',
    'rclpy',
    'sensor_msgs',
    'std_msgs',
    'std_srvs',
}
TORCH = {'torch', 'torch_geometric', 'safetensors', 'onnx'}
NEEDS_TORCH = {
    'aligned_faces.py',
    'checkpoint.py',
    'data_parallel.py',
    'earlier_design.py',
    'graph_attention.py',
    'kept_model.py',
    'learner.py',
    'model.py',
    'residual_network.py',
    'teacher.py',
    'train.py',
    'training_faces.py',
    'training_state.py',
    'validation.py',
}


def imported_at_the_top(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def imported_anywhere(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


CORE = sorted(path for path in PACKAGE.rglob('*.py') if 'ros' not in path.parts[-2:-1])


def test_core_is_found():
    assert len(CORE) > 20
    assert fer_ros.__doc__


@pytest.mark.parametrize('path', CORE, ids=lambda p: p.name)
def test_core_never_imports_ros(path):
    roots = {name.split('.')[0] for name in imported_anywhere(path)}
    assert roots & ROS == set()
    assert not any(
        name.startswith(('fer_ros.msg', 'fer_ros.ros')) for name in imported_anywhere(path)
    )


@pytest.mark.parametrize(
    'path', [p for p in CORE if p.name not in NEEDS_TORCH], ids=lambda p: p.name
)
def test_only_the_model_and_its_training_import_torch(path):
    roots = {name.split('.')[0] for name in imported_at_the_top(path)}
    assert roots & TORCH == set()


def test_stages_do_not_import_each_other():
    stages = {
        'face_detector',
        'face_landmarks',
        'face_tracker',
        'face_graph',
        'face_crop',
        'smoothing',
        'classifier',
        'model',
    }
    # The model and its classifier take the number of features and the edges from the graph.
    allowed = {('model', 'face_graph'), ('classifier', 'face_graph')}
    found = {
        (stage, name.removeprefix('fer_ros.'))
        for stage in stages
        for name in imported_at_the_top(PACKAGE / f'{stage}.py')
        if name.removeprefix('fer_ros.') in stages
    }
    assert found == allowed


def test_pipeline_runs_without_torch_and_ros():
    program = (
        'import sys\n'
        'class Refuse:\n'
        '    def find_spec(self, name, path=None, target=None):\n'
        '        if name.split(".")[0] in {"torch", "rclpy", "safetensors", "onnx"}:\n'
        '            raise ImportError(name)\n'
        'sys.meta_path.insert(0, Refuse())\n'
        'from fer_ros.pipeline import EmotionPipeline, Models\n'
        'from fer_ros.inference.classifier import load_classifier\n'
        'from fer_ros.face.detector import FaceDetector\n'
        'from fer_ros.face.landmarks import LandmarkPredictor\n'
        'from fer_ros.media.sample_clip import sample_frames\n'
        'models = Models(FaceDetector(), LandmarkPredictor(), load_classifier())\n'
        'frame = EmotionPipeline(models).process(next(sample_frames()), 0.0)\n'
        'print(len(frame.faces))\n'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.stdout == '1\n', result.stderr
