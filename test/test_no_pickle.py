"""Nothing is unpickled: a pickle in any input file is refused, and its code never runs."""

import ast
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer_ros.bags.reader import BagReader
from fer_ros.data.ferplus import load_ferplus
from fer_ros.errors import FerError
from fer_ros.face.detectors.yunet import load_yunet
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.models import load_classifier
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.parameter_file import read_parameter_file

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path
    for folder in ('fer_ros', 'launch', 'examples', 'benchmarks', 'scripts')
    for path in (ROOT / folder).rglob('*')
    if path.suffix == '.py' or (folder == 'scripts' and path.read_bytes()[:20].find(b'python') > 0)
)
# Modules that unpickle or execute their input, and functions that do so unless told otherwise.
MODULES = {'pickle', 'cPickle', 'dill', 'cloudpickle', 'joblib', 'marshal', 'shelve'}
FUNCTIONS = {'torch.load', 'torch.hub.load', 'yaml.load', 'yaml.unsafe_load', 'yaml.full_load'}
BUILTINS = {'eval', 'exec', 'compile', '__import__'}


def dotted(node):
    if isinstance(node, ast.Attribute):
        return f'{dotted(node.value)}.{node.attr}'
    return node.id if isinstance(node, ast.Name) else ''


def unsafe_things(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from {alias.name.split('.')[0] for alias in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            yield from {(node.module or '').split('.')[0]} & MODULES
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in FUNCTIONS | BUILTINS:
                yield name
            for keyword in node.keywords:
                if (
                    keyword.arg == 'allow_pickle'
                    and getattr(keyword.value, 'value', 1) is not False
                ):
                    yield 'allow_pickle'


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_unpickles_or_executes_its_input(path):
    # The package's own __import__ finds the messages that are generated beside it.
    own = {'__import__'} if path == ROOT / 'fer_ros' / '__init__.py' else set()
    assert set(unsafe_things(ast.parse(path.read_text()))) - own == set()


def test_scan_finds_unsafe_calls_and_imports():
    program = 'import pickle\ntorch.load(f)\nnp.load(f, allow_pickle=x)\neval("1")\nyaml.load(f)'
    found = {'pickle', 'torch.load', 'allow_pickle', 'eval', 'yaml.load'}
    assert set(unsafe_things(ast.parse(program))) == found


class Exploit:
    """Creates a file when it is unpickled."""

    def __init__(self, mark):
        self._mark = mark

    def __reduce__(self):
        return Path.touch, (self._mark,)


@pytest.fixture
def mark(tmp_path):
    return tmp_path / 'pwned'


@pytest.fixture
def exploit(mark):
    """A pickle that creates a file."""
    content = pickle.dumps(Exploit(mark))
    pickle.loads(content)
    assert mark.exists()
    mark.unlink()
    return content


def torch_file(exploit):
    """Wrap a pickle the way torch.save does."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        archive.writestr('archive/data.pkl', exploit)
        archive.writestr('archive/version', '3')
    return stream.getvalue()


def read_checkpoint(path):
    pytest.importorskip('torch_geometric')
    load_classifier(path, 'torch')


def read_bag(path):
    with BagReader(path) as bag:
        list(bag.messages(bag.topics))


@pytest.mark.parametrize(
    ('name', 'load'),
    [
        ('m.safetensors', read_checkpoint),
        ('m.onnx', load_classifier),
        ('yunet.onnx', load_yunet),
        ('landmarks.dat', LandmarkPredictor),
        ('faces.npz', lambda path: load_ferplus(path, 'train', path.parent, 'majority')),
        ('run.mcap', read_bag),
        ('run.db3', read_bag),
        ('p.yaml', lambda path: read_parameter_file(path, '/fer_node', FER_NODE)),
    ],
)
@pytest.mark.parametrize('wrapped', [False, True], ids=['pickle', 'torch.save'])
def test_pickle_under_any_file_name_is_refused_and_not_unpickled(
    tmp_path, mark, exploit, name, load, wrapped
):
    (tmp_path / name).write_bytes(torch_file(exploit) if wrapped else exploit)
    with pytest.raises(FerError):
        load(tmp_path / name)
    assert not mark.exists()


def test_object_arrays_are_refused_and_not_unpickled(tmp_path, mark):
    bad = np.array([Exploit(mark)], object)
    names = ('images', 'split', 'ferplus_votes', 'fer2013_label', 'landmarks_px')
    np.savez(tmp_path / 'faces.npz', **dict.fromkeys(names, bad))
    with pytest.raises(FerError, match=r'is damaged or not an npz file of plain arrays'):
        load_ferplus(tmp_path / 'faces.npz', 'train', tmp_path, 'majority')
    assert not mark.exists()


def test_python_object_in_parameter_file_is_refused_and_not_created(tmp_path, mark):
    said = f'!!python/object/apply:pathlib.Path.touch [{mark}]'
    (tmp_path / 'p.yaml').write_text(f'fer_node:\n  ros__parameters:\n    model: {said}\n')
    with pytest.raises(FerError, match='is not valid YAML'):
        read_parameter_file(tmp_path / 'p.yaml', '/fer_node', FER_NODE)
    assert not mark.exists()
