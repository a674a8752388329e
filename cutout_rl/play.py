"""`python -m cutout_rl.play`: a page to cut, play and annotate on, in a browser."""

import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tyro
from rich.console import Console

from cutout_rl.data import FACES, Split, open_source, plain_folder
from cutout_rl.players.player import make_baseline
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError

if TYPE_CHECKING:
    from cutout_rl.web.app_state import Desk

ORACLE: Final = "one-step-oracle"
_DRAWN_SIZE: Final = 512


@dataclass(frozen=True)
class PlayArguments:
    """Serve a page on which people cut images with two pens, helped by an agent, or play the game against it."""

    data: str = FACES
    """Images: "faces", "objects", "markers", "grids", KIND:DIR of a published set (docs/data_sources.md), a folder of
    images, or one with images/ and masks/."""
    masks: str | None = None
    """Which masks to score by: the name of a folder in the data folder, a kind of the faces', or a class of a set."""
    split: Split = "train"
    """Which images the game is played on, and, but for a folder, are cut; play of the train split may be cloned."""
    agent: Path | None = None
    """Folder of a training run whose agent helps and is played against."""
    pretrained: str = "bc-faces"
    """Name of a pretrained agent, where no run is named."""
    out: Path | None = None
    """Folder to keep strokes, uploads, exports and scores in. Default: DATA/cutouts, or runs/page without a folder."""
    segmenter: str = "graphcut"
    """What cuts."""
    host: str = "127.0.0.1"
    """Address to bind to; any but the loopback interface asks for a token, which is printed."""
    port: int = 8017
    """Port to bind to; 0 takes a free one."""


def main() -> None:
    """Parse the flags, load the agent, and serve until stopped."""
    arguments = tyro.cli(PlayArguments, prog="python -m cutout_rl.play")
    try:
        import uvicorn

        from cutout_rl.web.security import LOOPBACK, new_token
        from cutout_rl.web.server import MAX_MESSAGE, make_app
    except ModuleNotFoundError as error:
        raise CutOutError(f"The page needs {error.name}; install it by pip install 'cutout-rl[page]'.") from None
    console = Console(soft_wrap=True)
    with console.status("loading the agent"):
        desk = make_app_state(arguments)
    token = None if arguments.host in LOOPBACK else new_token()
    listener = _listen(arguments.host, arguments.port)
    port = listener.getsockname()[1]
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    console.print(f"http://{host}:{port}/" + (f"?token={token}" if token else ""), highlight=False)
    console.print(f"strokes, exports and scores are kept in {desk.keeping.folder}; stop with Ctrl-C", highlight=False)
    app = make_app(desk, arguments.host, token)
    config = uvicorn.Config(app, log_level="warning", ws_max_size=MAX_MESSAGE, ws_per_message_deflate=False)
    desk.learner.resume()
    try:
        uvicorn.Server(config).run([listener])
    finally:
        desk.learner.close()


def make_app_state(arguments: PlayArguments) -> "Desk":
    """Open the images and load the agent.

    Raises:
        CutOutError: one of them cannot be used.
    """
    from cutout_rl.web.app_state import Desk
    from cutout_rl.web.assistant import Assistant
    from cutout_rl.web.image_store import Album
    from cutout_rl.web.match import Arena
    from cutout_rl.web.online.trainer_client import Learner
    from cutout_rl.web.storage import Keeping

    run = find_pretrained(arguments.pretrained) if arguments.agent is None else RunFolder(arguments.agent)
    algorithm, config = load_config(run, "cpu")
    player = algorithm.load_player(config, run, True, "cpu")
    folder = plain_folder(arguments.data)
    keeping = Keeping(arguments.out or (Path("runs", "page") if folder is None else folder / "cutouts"))
    if folder is not None and not folder.is_dir():
        raise CutOutError(f"There is no folder {folder}; name one that holds images, or faces, or objects.")
    source = folder or open_source(arguments.data, arguments.split, _DRAWN_SIZE, arguments.masks)
    masks = arguments.masks or "masks"
    album = Album(source, keeping.uploads, arguments.data.partition(":")[0], masks)
    game_config = replace(
        config.game_config(),
        data=arguments.data,
        masks=arguments.masks,
        split=arguments.split,
        skip_bad=folder is not None,
        augment=1,
    )
    scored = folder is None or ((folder / "images").is_dir() and (folder / masks).is_dir())
    arena = Arena(game_config, (player, make_baseline(ORACLE))) if scored else None
    assistant = Assistant(player, config.game_config())
    return Desk(album, keeping, make_segmenter(arguments.segmenter), assistant, arena, Learner(album, keeping))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise CutOutError(
            f"Nothing can listen on {host} port {port} ({error}); choose another --host or --port."
        ) from None


if __name__ == "__main__":
    run_command(main)
