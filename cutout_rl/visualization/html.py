"""The book as one HTML page that needs no other file."""

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2

from cutout_rl.players.explanation import Picture
from cutout_rl.utils.atomic_write import write_text


def write_page(title: str, chapters: Mapping[str, Sequence[Picture]], path: Path) -> None:
    """Write chapters of pictures to an HTML file."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("cutout_rl.visualization"), autoescape=True)
    environment.filters |= {"anchor": _anchor, "embed": _embed}
    write_text(path, environment.get_template("agent_report.html").render(title=title, chapters=chapters))


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def _embed(path: Path) -> str:
    return f"data:image/{path.suffix[1:]};base64,{base64.b64encode(path.read_bytes()).decode()}"
