"""The flags of `cutout_rl.train` that do not belong to one algorithm."""

import json
from dataclasses import asdict, dataclass, fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

import tyro

from cutout_rl.data import Split
from cutout_rl.data.image_config import ImageConfig
from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, Range, Seed, Steps, require_ranges

ALGORITHM_GROUP: Final = "cutout_rl.agents"

Device = Literal["auto", "cpu", "cuda"]


def algorithm_names() -> list[str]:
    """Return the algorithms that installed packages register in the entry-point group `cutout_rl.agents`."""
    return sorted(entry_points(group=ALGORITHM_GROUP).names)


AlgorithmName = Annotated[str, tyro.conf.arg(help=f"Learning algorithm: {', '.join(algorithm_names())}.")]


@dataclass(frozen=True)
class TrainConfig(ImageConfig):
    """Train an agent to cut objects out of images.

    The flags of every algorithm; one that plays the game extends `GameTrainConfig`.

    Attributes:
        MAY_CHANGE: names of the fields that may change when a run is resumed.
    """

    MAY_CHANGE: ClassVar[tuple[str, ...]] = ("total_timesteps", "minutes", "device")

    algo: AlgorithmName = "ppo"
    split: tyro.conf.Suppress[Split] = "train"
    total_timesteps: Steps = 300_000
    """Environment steps to train for, over all games."""
    minutes: Annotated[float | None, Range(0, above=True)] = None
    """Time limit in minutes, including the time before a resumption; at least one update is made."""
    seed: Seed = 0
    """Seed of the weights, the games and the actions."""
    device: Device = "cpu"
    """Device of the network; auto uses a GPU if there is one."""
    out: Path | None = None
    """Folder of the run. Default: runs/DATE-TIME-ALGO-DATA-SEED."""
    resume: Path | None = None
    """Resume the run in this folder with its own settings; only total-timesteps, minutes and device may change."""
    eval_every: Count = 50_000
    """Steps between two evaluations on the validation split."""
    eval_images: Count = 50
    """Images of each evaluation on the validation split."""
    checkpoint_every: Count = 10_000
    """Steps between two checkpoints: the most that a crash can lose. Ctrl-C and SIGTERM lose the update in progress."""
    test_images: Annotated[int, Range(0, 10**9)] = 200
    """Images of the final table, from the test split (those that evaluate plays); 0 skips it."""

    def game_config(self) -> GameConfig:
        """Return the settings of the game; those that the algorithm has no flag for keep their defaults."""
        names = {field.name for field in fields(GameConfig)} & {field.name for field in fields(self)}
        return GameConfig(**{name: getattr(self, name) for name in names})

    def check_training(self) -> None:
        """Check all numbers against their ranges, and the device.

        Raises:
            CutOutError: a number is outside its range, or the device is "cuda" and there is no GPU.
        """
        require_ranges(self)
        if self.device == "cuda":
            import torch  # takes seconds

            if not torch.cuda.is_available():
                raise CutOutError("device is cuda, but torch finds no GPU here; use --device cpu or auto.")

    def as_json(self) -> dict[str, Any]:
        """Return the JSON-able configuration, without the run's folders."""
        values = asdict(self)
        del values["out"], values["resume"], values["split"]
        record: dict[str, Any] = json.loads(json.dumps(values))  # with lists for tuples, as it is read again
        return record

    def fixed(self) -> dict[str, Any]:
        """Return the JSON-able part of the configuration that a resumed run may not change."""
        return {name: value for name, value in self.as_json().items() if name not in self.MAY_CHANGE}


@dataclass(frozen=True)
class GameTrainConfig(TrainConfig, GameConfig):
    """Train an agent to cut objects out of images by playing the game."""

    n_envs: Count = 32
    """Games played side by side."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        self.check_training()
