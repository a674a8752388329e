"""Recorded episodes as Minari datasets; see `docs/demonstrations.md`."""

import dataclasses
import re
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import gymnasium
import numpy as np

from cutout_rl.evaluation.demonstrations import Demonstrations
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import STOP
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.settings_file import settings_from
from cutout_rl.utils.untrusted_file import parse_record, read_file

if TYPE_CHECKING:
    from minari.data_collector import EpisodeBuffer

_MINARI: Final = "minari:"  # marks an ID where a folder is expected
_ENV_ID: Final = "cutout_rl/CutOut-v0"
_DATASET_ID: Final = re.compile(r"([-\w]+/)*[-\w]+-v\d+")


def dataset_id_of(place: str) -> str | None:
    """Return the ID in "minari:ID", or None if the place is a folder."""
    return place.removeprefix(_MINARI) if place.startswith(_MINARI) else None


def require_new_dataset(dataset_id: str) -> None:
    """Check that a Minari dataset can be written.

    Raises:
        CutOutError: Minari is not installed, the ID does not fit, or there is such a dataset already.
    """
    if _data_folder(dataset_id).exists():
        raise CutOutError(f"There is a Minari dataset {dataset_id} already; choose another name or version.")


def write_minari(demonstrations: Demonstrations, dataset_id: str) -> None:
    """Play demonstrations again and write what the environment returns as a Minari dataset, without loss.

    Minari chooses the folder: that of the variable MINARI_DATASETS_PATH, or its own in the home directory.

    Args:
        demonstrations: the episodes.
        dataset_id: such as "cutout/expert-v0".

    Raises:
        CutOutError: Minari is not installed, the ID does not fit, there is such a dataset already, the images have
            changed, or an episode has no step.
    """
    require_new_dataset(dataset_id)
    minari = _import_minari()
    source = demonstrations.game_config.open_source()
    for episode in range(len(demonstrations)):
        demonstrations.require_image(episode, source)
        if not _actions(demonstrations, episode):
            raise CutOutError(
                f"{demonstrations.player} made no move on {demonstrations.names[episode]}, and a Minari dataset cannot"
                " hold an episode without a step; record another player, or with the stop action."
            )
    env = gymnasium.make(_ENV_ID, **dataclasses.asdict(demonstrations.game_config))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`(code_permalink|author|author_email)` is set to None")
        dataset = minari.create_dataset_from_buffers(
            dataset_id,
            [_episode_buffer(demonstrations, 0, env)],
            env=env,
            eval_env=env,
            algorithm_name=demonstrations.player,
            description=f"{len(demonstrations)} episodes of {demonstrations.player}, recorded by cutout_rl",
            jpeg_encoding=False,  # JPEG loses detail, and takes no six channels
        )
    for episode in range(1, len(demonstrations)):
        dataset.update_dataset_from_buffer([_episode_buffer(demonstrations, episode, env)])
    names_and_seeds = zip(demonstrations.names, demonstrations.seed.tolist(), strict=True)
    dataset.storage.update_episode_metadata([{"name": name, "start_seed": seed} for name, seed in names_and_seeds])


def read_minari(dataset_id: str) -> Demonstrations:
    """Read demonstrations that `write_minari` wrote.

    Raises:
        CutOutError: Minari is not installed, or there is no such dataset, or it is damaged or of another origin.
    """
    folder = _data_folder(dataset_id)
    if not folder.exists():
        raise CutOutError(f"There is no Minari dataset {dataset_id}: {folder} does not exist.")
    try:
        # Where the spaces are missing, Minari would make whatever environment the file names.
        file = folder / "metadata.json"
        metadata = parse_record(read_file(file, str(file)))
        player, _, _ = (metadata[key] for key in ("algorithm_name", "observation_space", "action_space"))
        dataset = _import_minari().load_dataset(dataset_id)
        game_config = settings_from(GameConfig, dict(dataset.env_spec.kwargs), file)
        episodes = list(dataset.storage.get_episode_metadata(dataset.episode_indices))
        actions = np.full((len(episodes), game_config.step_count), STOP, np.int64)
        iou = np.empty((len(episodes), game_config.step_count + 1))
        for row, data in enumerate(dataset.iterate_episodes()):
            actions[row, : len(data)] = data.actions
            iou[row, : len(data) + 1] = data.infos["iou"]
            iou[row, len(data) + 1 :] = data.infos["iou"][-1]
        return Demonstrations(
            player,
            game_config,
            tuple(episode["name"] for episode in episodes),
            np.array([episode["options"]["index"] for episode in episodes], np.int64),
            np.array([episode["start_seed"] for episode in episodes], np.int64),
            np.array([episode["options"]["start"] for episode in episodes], np.int64).reshape(-1, 2, 2),
            actions,
            iou,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise CutOutError(
            f"The Minari dataset {dataset_id} is damaged, or was not written by cutout_rl ({error})."
        ) from None


def _actions(demonstrations: Demonstrations, episode: int) -> list[int]:
    """Return the actions of an episode in its environment, which may have no stop action."""
    game_config, moves = demonstrations.game_config, demonstrations.moves(episode)
    return [*moves, STOP] if game_config.stop_action and len(moves) < game_config.step_count else moves


def _episode_buffer(demonstrations: Demonstrations, episode: int, env: gymnasium.Env[Any, Any]) -> "EpisodeBuffer":
    """Play an episode again; it is truncated where a player left early that could not stop the game."""
    from minari.data_collector import EpisodeBuffer

    options = {"index": int(demonstrations.index[episode]), "start": demonstrations.start[episode].tolist()}
    actions = _actions(demonstrations, episode)
    observation, _ = env.reset(options=options)
    observations, steps = [observation], []
    for action in actions:
        observation, *step, _ = env.step(action)
        observations.append(observation)
        steps.append(step)
    rewards, terminations, truncations = (list(values) for values in zip(*steps, strict=True))
    truncations[-1] = not terminations[-1]
    return EpisodeBuffer(
        options=options,
        observations=_stacked(observations),
        actions=actions,
        rewards=rewards,
        terminations=terminations,
        truncations=truncations,
        infos={"iou": demonstrations.iou[episode, : len(actions) + 1]},
    )


def _stacked(observations: list[Any]) -> Any:
    """Stack observations, or each entry of observations that are dictionaries."""
    if isinstance(observations[0], dict):
        return {key: np.stack([observation[key] for observation in observations]) for key in observations[0]}
    return np.stack(observations)


def _data_folder(dataset_id: str) -> Path:
    """Return where Minari keeps a dataset."""
    _import_minari()
    from minari.storage.datasets_root_dir import get_dataset_path

    if not _DATASET_ID.fullmatch(dataset_id):
        raise CutOutError(
            f"{dataset_id!r} is no ID of a Minari dataset; it ends in a version, as cutout/expert-v0 does."
        )
    return Path(get_dataset_path(dataset_id)) / "data"


def _import_minari() -> ModuleType:
    """Import Minari and the HDF5 library that it stores data with."""
    try:
        import_module("h5py")
        return import_module("minari")
    except ModuleNotFoundError as error:
        raise CutOutError(f"Minari datasets need {error.name}; run pip install 'cutout-rl[minari]'.") from None
