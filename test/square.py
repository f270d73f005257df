"""Work that other processes can import."""

import numpy as np

from fer_ros.errors import DatasetError


def square(task):
    if task < 0:
        raise DatasetError(f'{task} is negative')
    return {'result': np.array(task**2)}
