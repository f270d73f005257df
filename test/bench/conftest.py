"""What tests of the benchmarks share."""

import pytest

from fer_ros.bench.pipeline_maker import PipelineMaker
from fer_ros.inference.classifier import SHIPPED_MODEL


@pytest.fixture(scope='session')
def maker():
    return PipelineMaker(SHIPPED_MODEL, 'onnx')
