"""The direction of imports: which folder may import which."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from required import needs

import fer_ros

PACKAGE = Path(__file__).parent.parent / 'fer_ros'

# From the bottom up; a unit imports only from lower layers.
LAYERS = (
    (
        'counted',
        'errors',
        'labels',
        'printable',
        'progress',
        'stage_timer',
        'structures',
        'yaml_numbers',
    ),
    (
        'atomic_file',
        'bounded_memory',
        'config_files',
        'file_digest',
        'finished_by_signal',
        'model_file',
        'processors',
        'user_folders',
    ),
    ('onnx_session', 'published_file', 'worker_process'),
    ('face', 'messages', 'resting_face', 'smoothing', 'metrics'),
    ('inference', 'media'),
    ('network', 'data', 'bags'),
    ('models',),
    ('pipeline', 'analysis'),
    ('evaluation', 'report', 'parameters'),
    ('training', 'offline', 'ros'),
    ('bench',),
    ('commands',),
    ('cli',),
    ('__main__',),
)
LAYER_OF = {unit: layer for layer, units in enumerate(LAYERS) for unit in units}
ROS = {
    'ament_index_python',
    'builtin_interfaces',
    'diagnostic_msgs',
    'geometry_msgs',
    'launch',
    'lifecycle_msgs',
    'rcl_interfaces',
    'rclpy',
    'sensor_msgs',
    'std_msgs',
    'std_srvs',
}
TORCH = {'torch', 'torch_geometric', 'safetensors', 'onnx', 'tensorboard'}
MODULES = sorted(path for path in PACKAGE.rglob('*.py') if path.name != '__init__.py')


def imports(path, tree=None):
    """Yield the dotted names that a file imports, also within its functions."""
    for node in ast.walk(tree or ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path} imports relatively'
            yield node.module
            if node.module == 'fer_ros':
                yield from (f'fer_ros.{alias.name}' for alias in node.names)


def roots(path):
    return {name.split('.')[0] for name in imports(path)}


def unit(path):
    """Return the folder or module at the top of the package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def name(path):
    return str(path.relative_to(PACKAGE))


def uses_the_graph(path):
    """Whether a file may import rclpy and message classes."""
    return unit(path) == 'ros' or (unit(path) == 'bench' and path.name.startswith('node'))


def test_every_unit_belongs_to_a_layer():
    assert {unit(path) for path in MODULES} == set(LAYER_OF)


def test_contributor_map_lists_every_unit_from_top_layer_down():
    text = (PACKAGE.parent / 'CONTRIBUTING.md').read_text()
    (drawing,) = re.findall(r'## The map\n\n```text\n(.*?)```', text, re.DOTALL)
    entries = re.findall(r'^((?:\w+(?:/|\.py) *)+)', drawing, re.MULTILINE)
    units = [name for entry in entries for name in re.findall(r'(\w+)(?:/|\.py)', entry)]
    assert sorted(units) == sorted(LAYER_OF)
    layers = [LAYER_OF[name] for name in units]
    assert layers == sorted(layers, reverse=True)


@pytest.mark.parametrize('path', MODULES, ids=name)
def test_modules_import_only_from_lower_layers(path):
    dotted_names = [dotted for dotted in imports(path) if dotted.startswith('fer_ros.')]
    # The version is not a module; other public names are imported from where they are defined.
    units = {dotted.split('.')[1] for dotted in dotted_names} - {
        'msg',
        'srv',
        '__version__',
        unit(path),
    }
    assert {other for other in units if LAYER_OF[other] >= LAYER_OF[unit(path)]} == set()


@pytest.mark.parametrize('path', [p for p in MODULES if not uses_the_graph(p)], ids=name)
def test_only_ros_folder_and_node_bench_import_ros(path):
    assert roots(path) & ROS == set()
    assert not any(dotted.startswith(('fer_ros.msg', 'fer_ros.srv')) for dotted in imports(path))


@pytest.mark.parametrize(
    'path', [p for p in MODULES if unit(p) not in ('network', 'training')], ids=name
)
def test_only_network_and_training_import_torch(path):
    assert roots(path) & TORCH == set()


@pytest.mark.parametrize('path', MODULES, ids=name)
def test_package_does_not_import_benchmarks_or_tests(path):
    assert roots(path) & {'benchmarks', 'test'} == set()


def test_pipeline_runs_without_torch_and_ros():
    program = (
        'import sys\n'
        'class Refuse:\n'
        '    def find_spec(self, name, path=None, target=None):\n'
        '        if name.split(".")[0] in {"torch", "rclpy", "safetensors", "onnx"}:\n'
        '            raise ImportError(name)\n'
        'sys.meta_path.insert(0, Refuse())\n'
        'from fer_ros.models import Models, load_classifier\n'
        'from fer_ros.pipeline.emotion_pipeline import EmotionPipeline\n'
        'from fer_ros.face.detectors.choice import load_detector\n'
        'from fer_ros.face.landmarks import LandmarkPredictor\n'
        'from fer_ros.media.sample_clip import sample_frames\n'
        'models = Models(load_detector(), LandmarkPredictor(), load_classifier())\n'
        'frame = EmotionPipeline(models).process(next(sample_frames()), 0.0)\n'
        'print(len(frame.faces))\n'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.stdout == '1\n', result.stderr


def modules_after(statement):
    """Return the names of all modules that are loaded after a statement."""
    program = f'import sys; {statement}; print(*sys.modules)'
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


@pytest.mark.parametrize('statement', ['import fer_ros', 'import fer_ros.msg'])
def test_importing_package_loads_only_its_messages(statement):
    needs(statement.removeprefix('import '))
    loaded = modules_after(statement)
    heavy = {'cv2', 'dlib', 'onnxruntime', 'torch', 'PIL', 'yaml', 'matplotlib', 'rosbags'}
    assert loaded & heavy == set()
    ours = {name for name in loaded if name.startswith('fer_ros.')}
    assert {name for name in ours if not name.startswith('fer_ros.msg')} == set()


def test_public_names_are_loaded_on_first_use():
    loaded = modules_after('from fer_ros import FaceEmotion, FerError')
    assert {'fer_ros.structures', 'fer_ros.errors'} <= loaded
    assert 'fer_ros.pipeline.emotion_pipeline' not in loaded
    assert {getattr(fer_ros, name).__name__ for name in fer_ros.__all__} == set(fer_ros.__all__)
    assert set(fer_ros.__all__) <= set(dir(fer_ros))


def test_unknown_public_name_raises_error_naming_it():
    with pytest.raises(AttributeError, match="'fer_ros' has no attribute 'EmotionPipline'"):
        _ = fer_ros.EmotionPipline
