import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.utils import canonicalize_name
from pyproject import DEPENDENCIES, EXTRAS, PYPROJECT, pinned

import fer_ros
from fer_ros.cli import EXTRA_OF

ROOT = Path(__file__).parent.parent
VERSION = ElementTree.parse(ROOT / 'package.xml').findtext('version')


def test_versions_agree():
    assert fer_ros.__version__ == VERSION
    assert f'\n{VERSION} (' in (ROOT / 'CHANGELOG.rst').read_text()


def test_messages_are_generated_and_declared():
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    assert set(re.findall(r'msg/(\w+)\.msg', cmake)) == {
        path.stem for path in (ROOT / 'msg').iterdir()
    }


def test_every_ros_import_is_a_dependency():
    declared = {element.text for element in ElementTree.parse(ROOT / 'package.xml').iter()}
    sources = [*(ROOT / 'fer_ros' / 'ros').glob('*.py'), *(ROOT / 'launch').glob('*.py')]
    text = '\n'.join(path.read_text() for path in sources)
    imported = set(re.findall(r'^\s*(?:from|import) (\w+)', text, re.M))
    ros = {
        name
        for name in imported
        if re.search(
            r'msgs$|srvs$|interfaces$|^rcl|^ament|^launch'
            r'|^cv_bridge',
            name,
        )
    }
    assert ros <= declared
    assert len(ros) > 8


def test_command_says_what_it_can_without_torch():
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
    ):
        assert re.search(f'\n    {command}\\s', result.stdout)
    for heavy in ('torch', 'rosbags', 'pyarrow', 'matplotlib', 'jinja2', 'cv2'):
        assert f' {heavy}\n' not in result.stderr


@pytest.mark.parametrize(
    ('folder', 'package'), [('msg', 'message_definitions'), ('config', 'config')]
)
def test_folder_of_the_sources_is_installed_beside_the_modules(folder, package):
    assert PYPROJECT['tool']['setuptools']['package-dir'][f'fer_ros.{package}'] == folder
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    place = f'DESTINATION ${{python_dir}}/${{PROJECT_NAME}}/{package}'
    assert f'install(DIRECTORY {folder}/\n  {place}' in cmake


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
def test_tests_run_with_a_version_that_the_package_allows_of_each_requirement(wanted, file):
    ranges, exact = versions(wanted), versions(pinned(file))
    assert exact.keys() == ranges.keys()
    for name, requirement in exact.items():
        (pin,) = requirement.specifier
        assert pin.operator == '=='
        assert ranges[name].specifier.contains(pin.version), requirement


@pytest.mark.parametrize('extra', ['tables', 'cluster'])
def test_tests_run_with_the_extras_for_which_there_is_no_file(extra):
    ranges, exact = versions(EXTRAS[extra]), versions(pinned('dev'))
    for name, requirement in ranges.items():
        (pin,) = exact[name].specifier
        assert requirement.specifier.contains(pin.version)


def test_plain_installation_brings_nothing_that_an_extra_is_for():
    heavy = {canonicalize_name(module) for module in EXTRA_OF}
    assert {canonicalize_name(requirement.name) for requirement in DEPENDENCIES} & heavy == set()


@pytest.mark.parametrize(('module', 'extra'), EXTRA_OF.items())
def test_extra_that_is_named_brings_the_module(module, extra):
    # dask[distributed] brings distributed.
    brought = ' '.join(str(requirement) for requirement in EXTRAS[extra])
    assert module in brought
