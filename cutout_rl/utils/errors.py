"""The one exception that a command turns into a sentence instead of a traceback."""


class CutOutError(Exception):
    """Something the user gave cannot be used.

    The message is one sentence that names the thing and the mend; commands print it and exit with status 2.
    """
