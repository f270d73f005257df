"""The network in torch: streams, fusion, checkpoints and operations on trained weights."""

import os

# Read once, when torch is imported. By default a waiting thread spins for a millisecond before it
# sleeps. If it spins on the processor that the other thread needs, both wait: with other busy
# processes, two threads on two processors trained at a fifth of the speed of one. Spinning for a
# few microseconds only, they reach nine tenths of it there, and lose 2 % on an idle machine.
if 'OMP_WAIT_POLICY' not in os.environ:
    os.environ.setdefault('GOMP_SPINCOUNT', '1000')
