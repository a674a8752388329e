"""The flags of the commands that evaluate an agent on held-out images."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from cutout_rl.data import Split
from cutout_rl.data.frame import Frame
from cutout_rl.data.image_config import ClassNumber, image_choice
from cutout_rl.game.config import GameConfig
from cutout_rl.runs.pretrained import find_agent
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import Device, TrainConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Index, Seed


@dataclass(frozen=True)
class AgentOptions:
    """The agent, and the held-out images that it plays."""

    run: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")] = None
    """Folder of a training run."""
    pretrained: str | None = None
    """Name of a pretrained agent, instead of a run."""
    data: str | None = None
    """Images: "faces", "objects", "markers", "grids", KIND:DIR of a published set (docs/data_sources.md), or a folder
    with images/ and masks/. Default: the data that the agent was trained on."""
    masks: str | None = None
    """Which masks. Default: those that the agent was trained on, if the data is the same."""
    masks_class: ClassNumber = None
    """Number of the class that is the object, if the masks of the folder --data number classes; 255 is void then."""
    masks_frame: Frame = "upright"
    """Where EXIF data turns an image of --data and no size tells how its mask or annotation lies: upright, or as the
    image is stored."""
    split: Split = "test"
    """Split of the images."""
    first: Index | None = None
    """Index of the first image in the split. Default: 1000 in the test split of "faces", "objects", "markers" and
    "grids", because the images before it chose hyperparameters; otherwise 0."""
    skip_bad: bool = False
    """Skip and list the bad pairs of a folder instead of refusing it."""
    seed: Seed = 0
    """Seed of the start points, of sampled actions and of random baselines."""
    device: Device = "cpu"
    """Device of the network."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CutOutError: a flag describes the images of `data`, and there is none.
        """
        if self.data is None and (self.skip_bad, self.masks_class, self.masks_frame) != (False, None, "upright"):
            raise CutOutError(
                "--skip-bad, --masks-class and --masks-frame describe the images of --data; add it. Without it, an"
                " agent plays the images that it was trained on, with the settings of its training."
            )

    def find_run(self) -> RunFolder:
        """Find the agent's run.

        Raises:
            CutOutError: no agent is named, or two are, or there is no such pretrained agent.
        """
        return find_agent(self.run, self.pretrained)

    def game_config(self, config: TrainConfig) -> GameConfig:
        """Return the settings of the game that the agent was trained on, with the images chosen by the flags."""
        game_config = dataclasses.replace(config.game_config(), split=self.split, augment=1, bank=0)
        if self.data is not None:
            game_config = dataclasses.replace(game_config, **image_choice(self))
        elif self.masks is not None:
            game_config = dataclasses.replace(game_config, masks=self.masks)
        return game_config
