"""Training: settings, faces as batches, the trainer, calibration, export."""

# Before torch is imported; see there.
import fer_ros.network  # noqa: F401
