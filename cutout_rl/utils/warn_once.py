"""Warnings that are logged once per process."""

import logging
from functools import cache


@cache
def warn_once(sentence: str) -> None:
    """Log a warning, unless the process has logged it already."""
    logging.getLogger(__name__).warning("%s", sentence)
