"""Training: settings, faces as batches, the trainer, calibration, export."""
