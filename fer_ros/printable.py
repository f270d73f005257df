"""printable: names of files as text that can be printed and written anywhere."""


def printable(name: str) -> str:
    r"""Return a name in which bytes that are not UTF-8 are written as an escape: ``m\xfcller``.

    Names of files on Linux are bytes. Python keeps those that are not UTF-8 as surrogates, with
    which it opens the file; no file, page or terminal can take them as text.

    Args:
        name: Name or path of a file, or a sentence that contains one.
    """
    return name.encode(errors='surrogateescape').decode(errors='backslashreplace')
