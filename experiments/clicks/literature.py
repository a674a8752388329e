"""The published figures of the click benchmark: `literature.csv`, with conditions and source of each row."""

import csv
from importlib.resources import files
from typing import NamedTuple


class PublishedFigure(NamedTuple):
    """The result of one method on one set, at the sizes of the files and with at most 20 clicks.

    Attributes:
        set: name of the set.
        method: with authors and year.
        noc85: mean clicks to an IoU of 85 %; empty where none is published.
        noc90: mean clicks to an IoU of 90 %.
        network: the backbone; "none" without a network.
        trained_on: its training images, beyond ImageNet.
        source: the paper or repository that states the figure.
    """

    set: str
    method: str
    noc85: str
    noc90: str
    network: str
    trained_on: str
    source: str


def published_figures(name: str) -> list[PublishedFigure]:
    """Return the figures of one set, from the oldest method to the newest."""
    text = (files(__package__) / "literature.csv").read_text(encoding="utf-8")
    return [figure for line in csv.DictReader(text.splitlines()) if (figure := PublishedFigure(**line)).set == name]
