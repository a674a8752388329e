"""`python -m cutout_rl.experiments.gallery`: draw docs/gallery.md and its pictures anew, from the pretrained agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import tyro
from PIL import Image
from rich.console import Console

from cutout_rl import train
from cutout_rl.players.explanation import Picture
from cutout_rl.utils.atomic_write import replacing, write_text
from cutout_rl.utils.command import run_command
from cutout_rl.visualize import VisualizeArguments, draw_book

AGENT: Final = "bc-faces"
OTHERS: Final = ("ppo-faces", "bc-faces-8x60")
WHOLE: Final = (
    *("episode-1", "pens", "first-strokes", "saliency", "field-of-view", "activations-map", "activations"),
    *("beside", "beside-iou"),
)
PART: Final = ("episode-1", "pens")  # of the other agents
COLOURS: Final = 256  # of each picture, which makes its file half as large

# A run that shows learning within minutes; one that is to be good takes longer.
SHORT_RUN: Final = (
    *("--algo", "bc", "--prior-images", "200", "--prior-steps", "100", "--expert-steps", "2000"),
    *("--total-timesteps", "8000", "--eval-every", "1600", "--eval-images", "8", "--test-images", "0"),
)


@dataclass(frozen=True)
class GalleryArguments:
    """Draw the documentation's gallery anew."""

    docs: Path = Path("docs")
    """Folder of gallery.md and images/gallery."""
    images: int = 100
    """How many images to average over."""


def main() -> None:
    """Parse the flags, play, train a little, and write."""
    arguments = tyro.cli(GalleryArguments, prog="python -m cutout_rl.experiments.gallery")
    console = Console()
    sections: dict[str, list[Picture]] = {}
    with TemporaryDirectory() as temporary:
        whole = VisualizeArguments(pretrained=AGENT, episodes=2, images=arguments.images)
        others = [replace(whole, pretrained=other, episodes=1, beside=()) for other in OTHERS]
        for book, names in ((whole, WHOLE), *((other, PART) for other in others)):
            agent = str(book.pretrained)
            console.print(f"drawing {agent}")
            drawn = _draw(book, names, Path(temporary) / agent, console)
            sections[f"The agent {agent}"] = _keep(drawn, arguments.docs, agent)
        run = Path(temporary) / "run"
        train.main([*SHORT_RUN, "--out", str(run)])
        book = VisualizeArguments(run=run, episodes=4, images=4, beside=())
        drawn = _draw(book, ("training",), Path(temporary) / "learning", console)
        sections["An agent that learns"] = _keep(drawn, arguments.docs, "bc")
    page = arguments.docs / "gallery.md"
    write_text(page, gallery_page(sections, arguments.docs))
    console.print(f"wrote {page}")


def _draw(book: VisualizeArguments, names: Sequence[str], folder: Path, console: Console) -> list[Picture]:
    _, chapters = draw_book(book, book.find_run(), folder, console)
    return [picture for pictures in chapters.values() for picture in pictures if picture.path.stem in names]


def _keep(pictures: Sequence[Picture], docs: Path, agent: str) -> list[Picture]:
    kept = []
    for picture in pictures:
        path = docs / "images" / "gallery" / f"{agent}-{picture.path.name}"
        with replacing(path) as temporary, Image.open(picture.path) as drawn:
            small = drawn.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            small.save(temporary, optimize=True)
        kept.append(Picture(path, picture.title, picture.caption))
    return kept


def gallery_page(sections: Mapping[str, Sequence[Picture]], docs: Path) -> str:
    """Write sections of pictures as Markdown, with links from the folder `docs`."""
    lines = [
        "# Gallery",
        "",
        "Made by `python -m cutout_rl.experiments.gallery`. `python -m cutout_rl.visualize RUN`, or `--pretrained NAME`, draws"
        " these pictures and more of any agent; `--demonstrations DIR` sets recorded play beside them.",
    ]
    for heading, pictures in sections.items():
        lines += ["", f"## {heading}"]
        for picture in pictures:
            link = picture.path.relative_to(docs).as_posix()
            lines += ["", f"### {picture.title}", "", picture.caption, "", f"![{picture.title}]({link})"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run_command(main)
