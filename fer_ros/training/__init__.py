"""Training: settings, batches of faces, the trainer, calibration, export."""

# Before torch is imported, which it configures.
import fer_ros.network  # noqa: F401
