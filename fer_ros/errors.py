"""The errors that fer_ros raises for input it cannot use; each message is one clear sentence."""


class FerError(Exception):
    """Base of every error that a caller of fer_ros is expected to meet."""


class ImageError(FerError):
    """An image has a shape, type, encoding or size that cannot be processed."""


class ModelFileError(FerError):
    """A checkpoint or landmark model is missing, damaged or of another kind."""


class SettingError(FerError, ValueError):
    """A setting has a value that is not allowed."""


class StampError(FerError, ValueError):
    """A time stamp is not later than one that was already processed."""


class DatasetError(FerError):
    """A data set is missing, damaged or does not fit the model's classes."""


class SourceError(FerError):
    """A camera, video or image file cannot be opened or read."""


class BagError(FerError):
    """A bag is missing, empty, damaged beyond reading, or holds no images that can be judged."""


class OutputError(FerError):
    """A file or folder cannot be written."""


class LabelError(FerError, ValueError):
    """Labels name an unknown class, overlap, end before they start, or cannot be read."""


class WorkerLostError(FerError):
    """A process that worked for this one ended before its work was done."""


def os_reason(error: OSError) -> str:
    """Return what an error of the operating system says, without numbers."""
    return error.strerror or str(error) or type(error).__name__
