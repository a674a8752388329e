"""`python -m cutout_rl.play`: a browser page for cutting images, playing the game and annotating."""

import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from rich.console import Console

from cutout_rl.data import FACES, Split, open_source, plain_folder
from cutout_rl.data.image_config import ClassNumber
from cutout_rl.players.baselines import baselines_with_role, make_baseline
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import default_pretrained, find_pretrained, list_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Range

if TYPE_CHECKING:
    from cutout_rl.web.app_state import AppState

_RENDERED_SIZE: Final = 512  # px, the side of procedural images


@dataclass(frozen=True)
class PlayArguments:
    """Serve a browser page for cutting images with two pens, and for playing the game against an agent."""

    data: str = FACES
    """Images: "faces", "objects", "markers", "grids", KIND:DIR of a published set (docs/data_sources.md), a folder of
    images, or one with images/ and masks/."""
    masks: str | None = None
    """Ground-truth masks: a folder inside the data folder, a kind of mask of the faces, or a class of a set."""
    masks_class: ClassNumber = None
    """Number of the class that is the object, if the masks of the data folder number classes; 255 is void then."""
    split: Split = "train"
    """Split used in Play mode, and in Draw mode unless --data is a folder. Clone games on the train split only."""
    agent: Path | None = None
    """Folder of a training run; its agent assists in Draw mode and is an opponent in Play mode."""
    pretrained: str | None = None
    """Name of a pretrained agent, used without --agent. Default: the one for faces if --data is faces, else the one for
    any object."""
    out: Path | None = None
    """Folder for strokes, uploads, exports and scores. Default: DATA/cutouts, or runs/page without a folder."""
    segmenter: str = "graphcut-scaled"
    """Segmenter in Draw mode."""
    prior: bool = True
    """Guide the cut by what the agent takes for the object, given the strokes so far; with agents that read strokes and
    the segmenters graphcut and graphcut-scaled."""
    host: str = "127.0.0.1"
    """Address to bind to. Any address but the loopback interface requires a token, which is printed."""
    port: Annotated[int, Range(0, 65535)] = 8017
    """Port to bind to; 0 selects a free one."""


def main() -> None:
    """Parse the flags, load the agent, and serve until interrupted."""
    arguments = parse_arguments(PlayArguments, "play")
    try:
        from cutout_rl.web.run_server import run_server
        from cutout_rl.web.security import LOOPBACK, new_token
        from cutout_rl.web.server import make_app
    except ModuleNotFoundError as error:
        raise CutOutError(f"The page needs {error.name}; install it by pip install 'cutout-rl[page]'.") from None
    console = Console(soft_wrap=True)
    with console.status("loading the agent"):
        app_state = make_app_state(arguments)
    token = None if arguments.host in LOOPBACK else new_token()
    with app_state.storage.hold():
        listener = _listen(arguments.host, arguments.port)
        port = listener.getsockname()[1]
        host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        console.print(f"http://{host}:{port}/" + (f"?token={token}" if token else ""), highlight=False)
        console.print(f"Strokes, exports and scores are saved in {app_state.storage.folder}.", highlight=False)
        console.print("Stop with Ctrl-C.", highlight=False)
        run_server(make_app(app_state, arguments.host, token), listener, app_state)


def make_app_state(arguments: PlayArguments) -> "AppState":
    """Open the images and load the agent.

    Raises:
        CutOutError: one of them cannot be used.
    """
    from cutout_rl.web.agents import Agents, load_agent
    from cutout_rl.web.app_state import AppState
    from cutout_rl.web.image_store import ImageStore
    from cutout_rl.web.match import MatchFactory
    from cutout_rl.web.online.trainer_client import TrainerClient
    from cutout_rl.web.storage import Storage

    runs = list_pretrained()
    if arguments.agent is None:
        name = arguments.pretrained or default_pretrained(arguments.data)
        run = find_pretrained(name)
    else:
        run = RunFolder(arguments.agent)
        name = run.path.name if run.path.name not in runs else str(run.path)
        runs = {name: run, **runs}
    agent = load_agent(name, run, arguments.segmenter, arguments.prior)
    player, game_config = agent.assistant.player, load_config(run, "cpu")[1].game_config()
    folder = plain_folder(arguments.data)
    storage = Storage(arguments.out or (Path("runs", "page") if folder is None else folder / "cutouts"))
    if folder is not None and not folder.is_dir():
        raise CutOutError(f"There is no folder {folder}; name one that holds images, or faces, or objects.")
    source = folder or open_source(arguments.data, arguments.split, _RENDERED_SIZE, arguments.masks)
    masks = arguments.masks or "masks"
    images = ImageStore(source, storage.uploads, arguments.data.partition(":")[0], masks, arguments.masks_class)
    game_config = replace(
        game_config,
        data=arguments.data,
        masks=arguments.masks,
        masks_class=arguments.masks_class,
        split=arguments.split,
        skip_bad=folder is not None,
        augment=1,
    )
    has_masks = folder is None or ((folder / "images").is_dir() and (folder / masks).is_dir())
    opponents = (player, *(make_baseline(name) for name in baselines_with_role("opponent")))
    return AppState(
        images,
        storage,
        Agents(agent, runs, lambda name: load_agent(name, runs[name], arguments.segmenter, arguments.prior)),
        MatchFactory(game_config, opponents) if has_masks else None,
        TrainerClient(images, storage),
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise CutOutError(f"Cannot listen on {host} port {port} ({error}); choose another --host or --port.") from None


if __name__ == "__main__":
    run_command(main)
