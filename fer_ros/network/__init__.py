"""The network in torch: streams, fusion, checkpoints, and weights that change outside training."""

import os

# Before torch is imported, whose threads read it once. By default a thread that is done keeps its
# processor busy until the others are done too, and if one of these waits for that processor,
# everything waits: beside one busy process, a training on two processors was 80 times slower.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
