"""The flags that every learning algorithm has."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal

from cutout_rl.game.config import GameConfig
from cutout_rl.game.observation import ObservationKind
from cutout_rl.game.reward import RewardKind
from cutout_rl.utils.errors import CutOutError

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class TrainConfig:
    """Train an agent to cut objects out of images.

    Attributes:
        MAY_CHANGE: names of the fields that may be given anew when a run is resumed.
    """

    MAY_CHANGE: ClassVar[tuple[str, ...]] = ("total_timesteps", "minutes", "device")

    algo: str = "ppo"
    """Learning algorithm: ppo, a2c, bc, unet, or one that another installed package offers."""
    data: str = "faces"
    """Images: "faces", "objects", "markers" or "grids" (procedural, no download), KIND:DIR of a published set, such as
    voc:DIR (docs/data_sources.md), or a folder with images/ and masks/."""
    masks: str | None = None
    """Which masks: head, face or hair of the faces, the name of the masks' folder, or a class of a set. Default: head,
    masks, or all."""
    skip_bad: bool = False
    """Skip and list the bad pairs of a folder instead of refusing it."""
    augment: int = 1
    """Versions of each training image, the first as it is, the others transformed by chance; more than 1 needs
    pip install 'cutout-rl[augment]'."""
    image_size: int = 128
    """Side of the images, in pixels, at which the cut is made."""
    observation_size: int = 64
    """Side of what the agent sees, in pixels."""
    observation: ObservationKind = "masked"
    """layers: image and two scribble layers with the heads marked. masked: the same and the newest mask. trails: layers
    without the heads. overlay: scribbles drawn on the image."""
    step_len: int = 18
    """Pixels a pen moves per step."""
    step_count: int = 30
    """Steps in an episode."""
    pen_width: int = 3
    """Width of a stroke, in pixels."""
    reward: RewardKind = "delta"
    """delta: change of the IoU. shaped: and of the share of the outline traced. iou: the IoU at each step. end: the IoU
    at the last step only."""
    stop_action: bool = False
    """Add a 17th action that ends the episode."""
    segmenter: str = "graphcut"
    """What turns strokes into a mask: graphcut, grabcut, random-walker, watershed, or one that another installed
    package offers; textbook comes with the studies."""
    n_envs: int = 32
    """Games played side by side."""
    total_timesteps: int = 150_000
    """Steps to train for, over all games."""
    minutes: float | None = None
    """Minutes after which to end sooner, the time before a resumption included; one update is always made."""
    seed: int = 0
    """Seed of the weights, the games and the moves."""
    device: Device = "cpu"
    """Where the network runs. auto takes a GPU if there is one."""
    out: Path | None = None
    """Folder of the run. Default: runs/DATE-TIME-ALGO-DATA-SEED."""
    resume: Path | None = None
    """Go on with the run in this folder, with its own settings; only total-timesteps, minutes and device may be given
    anew."""
    eval_every: int = 40_000
    """Steps between two evaluations on the validation split."""
    eval_images: int = 50
    """Images of each evaluation on the validation split."""
    checkpoint_every: int = 10_000
    """Steps between two checkpoints: what a crash costs at most. Ctrl-C costs nothing but the update under way."""
    test_images: int = 100
    """Images of the closing table, from the test split. 0 leaves it out."""

    def game_config(self) -> GameConfig:
        """Give the settings of the game that is trained on."""
        names = {field.name for field in fields(GameConfig)} & {field.name for field in fields(self)}
        return GameConfig(split="train", **{name: getattr(self, name) for name in names})

    def require_at_least(self, least: dict[str, int]) -> None:
        """Check fields against their least values.

        Raises:
            CutOutError: a field is below its least value.
        """
        for name, value in least.items():
            if getattr(self, name) < value:
                raise CutOutError(f"{name} is {getattr(self, name)}, but must be at least {value}.")

    def as_json(self) -> dict[str, Any]:
        """Give the configuration as JSON-able values, without where it came from and goes to."""
        values = asdict(self)
        del values["out"], values["resume"]
        return values

    def fixed(self) -> dict[str, Any]:
        """Give what a resumed run may not change, JSON-able."""
        return {name: value for name, value in self.as_json().items() if name not in self.MAY_CHANGE}
