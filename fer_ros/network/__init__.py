"""The network in torch: streams, fusion, checkpoints, and weights that change outside training."""

import os

# Read once, when torch is imported. By default a thread that waits for another one keeps its
# processor busy for a millisecond before it sleeps, and where that is the processor that the other
# one needs, both wait: two threads on two processors with other busy processes trained at a fifth
# of the speed of one. Waiting for a few microseconds they reach nine tenths of it there, and lose
# 2 % on an idle machine.
if 'OMP_WAIT_POLICY' not in os.environ:
    os.environ.setdefault('GOMP_SPINCOUNT', '1000')
