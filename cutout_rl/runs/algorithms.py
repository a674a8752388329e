"""Finding learning algorithms by name."""

from importlib.metadata import entry_points
from typing import Final, Protocol, cast, runtime_checkable

from cutout_rl.players.player import Player
from cutout_rl.players.predictor import Predictor
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

ALGORITHM_GROUP: Final = "cutout_rl.agents"


class Algorithm(Protocol):
    """What an entry point of the group `cutout_rl.agents` names: a class without arguments that does this.

    Attributes:
        config_type: a dataclass that extends `TrainConfig`; its fields are the flags of `cutout_rl.train`.
    """

    config_type: type[TrainConfig]

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Learn until `config.total_timesteps` or for `config.minutes`, going on from the run's checkpoint if any.

        Raises:
            KeyboardInterrupt: the user stopped it, after the checkpoint was saved.
        """
        ...

    def load_player(self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str) -> Player:
        """Load what a run has learnt.

        Args:
            config: the run's.
            run: where the checkpoint is.
            deterministic: play the likeliest move (greedy) instead of drawing one.
            device: "cpu", "cuda" or "auto".

        Raises:
            CutOutError: there is no checkpoint, or it cannot be read; or the algorithm learns to answer with masks, not
                to play.
        """
        ...


@runtime_checkable
class MaskAlgorithm(Algorithm, Protocol):
    """An algorithm that learns to answer images with masks: it stands in tables beside those that play."""

    def load_predictor(self, config: TrainConfig, run: RunFolder, device: str) -> Predictor:
        """Load what a run has learnt; arguments and errors as of `load_player`."""
        ...


def load_algorithm(name: str) -> Algorithm:
    """Load an algorithm by name.

    Raises:
        CutOutError: no installed package offers it.
    """
    found = {entry.name: entry for entry in entry_points(group=ALGORITHM_GROUP)}
    require_choice("algorithm", name, found)
    return cast(Algorithm, found[name].load()())


def load_config(run: RunFolder, device: str | None = None) -> tuple[Algorithm, TrainConfig]:
    """Find a run's algorithm and configuration.

    Args:
        run: the run.
        device: where its network is to run now; by default where it was trained, which must be there.

    Raises:
        CutOutError: the folder holds no run, its algorithm is not installed, or another version wrote it.
    """
    values = run.config() | ({} if device is None else {"device": device})
    algorithm = load_algorithm(str(values.get("algo")))
    try:
        config = algorithm.config_type(**values, resume=run.path)
    except TypeError as error:
        raise CutOutError(f"{run.path}/run.json was written by another version ({error}); train again.") from None
    return algorithm, config
