"""The registry of learning algorithms."""

from importlib.metadata import entry_points
from typing import Protocol, cast, runtime_checkable

from cutout_rl.players.player import Player
from cutout_rl.players.predictor import Predictor
from cutout_rl.runs.run_folder import RECORD, RunFolder
from cutout_rl.runs.train_config import ALGORITHM_GROUP, TrainConfig
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.settings_file import naming, settings_from


class Algorithm(Protocol):
    """A learning algorithm; an entry point of the group `cutout_rl.agents` names its class, which takes no arguments.

    Attributes:
        config_type: a dataclass that extends `TrainConfig`; its fields are the flags of `cutout_rl.train`.
    """

    config_type: type[TrainConfig]

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Train until `config.total_timesteps` or for `config.minutes`, from the run's checkpoint if there is one.

        Raises:
            KeyboardInterrupt: the user stopped the training; the checkpoint was saved.
        """
        ...

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str, seed: int = 0
    ) -> Player:
        """Load the trained agent of a run.

        Args:
            config: of the run.
            run: the folder with the checkpoint.
            deterministic: take the most likely action (greedy) instead of sampling one.
            device: "cpu", "cuda" or "auto".
            seed: of the sampled actions.

        Raises:
            CutOutError: there is no checkpoint, it cannot be read, or the algorithm does not play.
        """
        ...


@runtime_checkable
class MaskAlgorithm(Algorithm, Protocol):
    """An algorithm that predicts masks directly and draws no strokes."""

    def load_predictor(self, config: TrainConfig, run: RunFolder, device: str) -> Predictor:
        """Load the trained predictor of a run; arguments and errors as in `load_player`."""
        ...


def load_algorithm(name: str) -> Algorithm:
    """Return an algorithm by name.

    Raises:
        CutOutError: no installed package registers it.
    """
    found = {entry.name: entry for entry in entry_points(group=ALGORITHM_GROUP)}
    require_choice("algorithm", name, found)
    return cast(Algorithm, found[name].load()())


def load_config(run: RunFolder, device: str | None = None) -> tuple[Algorithm, TrainConfig]:
    """Return a run's algorithm and configuration.

    Args:
        run: the run.
        device: overrides the device of the configuration.

    Raises:
        CutOutError: the folder contains no run, its algorithm is not installed, or its configuration does not fit.
    """
    file = run.path / RECORD
    values = run.config() | ({} if device is None else {"device": device})
    if not isinstance(name := values.get("algo"), str):
        raise CutOutError(f"{file} is damaged (it names no algorithm); restore it or train again.")
    with naming(file):
        algorithm = load_algorithm(name)
    return algorithm, settings_from(algorithm.config_type, values, file, resume=run.path)
