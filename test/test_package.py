import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
VERSION = ElementTree.parse(ROOT / 'package.xml').findtext('version')


def test_versions_agree():
    assert f'\nversion = "{VERSION}"\n' in (ROOT / 'pyproject.toml').read_text()
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
        [sys.executable, '-X', 'importtime', '-m', 'fer_ros.cli', '--help'],
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


def test_message_definitions_are_installed_beside_the_modules():
    pyproject = (ROOT / 'pyproject.toml').read_text()
    assert '"fer_ros.message_definitions" = "msg"' in pyproject
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    assert 'DESTINATION ${python_dir}/${PROJECT_NAME}/message_definitions' in cmake


def test_every_package_is_installed():
    packages = {
        str(path.parent.relative_to(ROOT)).replace('/', '.')
        for path in (ROOT / 'fer_ros').rglob('__init__.py')
    }
    pyproject = (ROOT / 'pyproject.toml').read_text()
    assert all(f'"{package}"' in pyproject for package in packages)
