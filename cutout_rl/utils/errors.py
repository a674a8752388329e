"""The exception that commands report as a sentence instead of a traceback."""


class CutOutError(Exception):
    """Invalid input of the user.

    The message is one sentence that names the problem and the remedy; commands print it and exit with status 2.
    """
