"""The errors that fer_ros raises for unusable input; each message is one clear sentence."""


class FerError(Exception):
    """Base class of all errors that callers of fer_ros may want to handle."""


class ImageError(FerError):
    """An image has a shape, type, encoding or size that cannot be processed."""


class ModelFileError(FerError):
    """A model file is missing, damaged or of the wrong kind."""


class NotInstalledError(ModelFileError):
    """A model, or the library that runs it, is not installed or does not work on this machine."""


class SettingError(FerError, ValueError):
    """A setting has a value that is not allowed."""


class StampError(FerError, ValueError):
    """A time stamp is not later than one that was already processed."""


class DatasetError(FerError):
    """A data set is missing, damaged or does not fit the model's classes."""


class SourceError(FerError):
    """A camera, video or image file cannot be opened or read."""


class BagError(FerError):
    """A bag is missing, empty, unreadable, or contains no usable images."""


class OutputError(FerError):
    """A file or folder cannot be written."""


class LabelError(FerError, ValueError):
    """Labels have an unknown class, overlap, end before they start, or cannot be read."""


class WorkerLostError(FerError):
    """A worker process ended before its work was done."""


def os_reason(error: OSError) -> str:
    """Return the message of an operating system error, without its number."""
    return error.strerror or str(error) or type(error).__name__
