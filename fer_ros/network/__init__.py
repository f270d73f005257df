"""The network in torch: streams, fusion, checkpoints."""
