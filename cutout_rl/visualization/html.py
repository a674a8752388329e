"""The report as one HTML page that needs no other file."""

import base64
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from cutout_rl.players.explanation import Picture
from cutout_rl.utils.atomic_write import write_text


@dataclass(frozen=True)
class Chapter:
    """Pictures on one subject.

    Attributes:
        name: a few words.
        legend: whole sentences: how to read all of the pictures.
        pictures: at least one.
    """

    name: str
    legend: str
    pictures: Sequence[Picture]


def write_page(title: str, chapters: Sequence[Chapter], path: Path) -> None:
    """Write chapters of pictures to an HTML file."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("cutout_rl.visualization"), autoescape=True)
    environment.filters |= {"anchor": _anchor, "embed": _embed}
    write_text(path, environment.get_template("agent_report.html").render(title=title, chapters=chapters))


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def _embed(path: Path) -> str:
    return f"data:{mimetypes.guess_type(path)[0]};base64,{base64.b64encode(path.read_bytes()).decode()}"
