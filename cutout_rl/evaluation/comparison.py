"""An agent beside the players that everyone is measured against."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.progress import Progress

from cutout_rl.evaluation.agent_options import HeldOut
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory
from cutout_rl.game.factory import GameFactory
from cutout_rl.players.player import Player, make_baselines
from cutout_rl.players.predictor import Predictor
from cutout_rl.runs.algorithms import Algorithm, MaskAlgorithm, load_config
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig


@dataclass(frozen=True)
class ComparedAgent(HeldOut):
    """Whom to compare with the baselines, and on how many images."""

    images: int = 100
    """How many images; fewer where the split has fewer."""

    def compare(self, console: Console, baselines: bool = True) -> tuple[list[Evaluation], GameFactory]:
        """Let the agent, greedy and sampled, and then every installed baseline play; or an agent's masks stand beside.

        Returns:
            How everyone did, and the factory of the games.

        Raises:
            CutOutError: the agent or the images cannot be used, or fewer than one image.
        """
        run = self.find_run()
        algorithm, config = load_config(run, self.device)
        players = load_players(algorithm, config, run, self.device)
        factory = held_out_factory(self.game_config(config), self.split)
        return compare(players, factory, self.images, self.seed, console, baselines), factory


def compare(
    players: Sequence[Player | Predictor],
    factory: GameFactory,
    n_images: int,
    seed: int,
    console: Console,
    baselines: bool = True,
) -> list[Evaluation]:
    """Let every player, and then every installed baseline, play the same images from the same start points.

    The baselines are left out where there are images without an object, which the game refuses.
    """
    with Progress(console=console, transient=True) as progress:

        def measure(player: Player | Predictor) -> Evaluation:
            task = progress.add_task(player.label, total=n_images)
            evaluation = evaluate(player, factory, n_images, seed, partial(progress.advance, task))
            progress.remove_task(task)
            return evaluation

        evaluations = [measure(player) for player in players]
        if baselines and not any(evaluation.shows_empty_scenes for evaluation in evaluations):
            evaluations += [measure(player) for player in make_baselines()]
    return evaluations


def load_players(
    algorithm: Algorithm, config: TrainConfig, run: RunFolder, device: str
) -> Sequence[Player | Predictor]:
    """Load a run's agent twice, playing greedily and sampling its moves; or once if it answers with masks."""
    if isinstance(algorithm, MaskAlgorithm):
        return [algorithm.load_predictor(config, run, device)]
    return [algorithm.load_player(config, run, deterministic, device) for deterministic in (True, False)]
