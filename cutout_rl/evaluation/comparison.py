"""An agent compared with the baselines on the same images and start points."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.table import Table

from cutout_rl.evaluation.agent_options import AgentOptions
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory, held_out_images
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.evaluation.mask_evaluation import evaluate_masks
from cutout_rl.evaluation.tables import as_table, mask_table
from cutout_rl.game.factory import GameFactory
from cutout_rl.players.baselines import make_baselines
from cutout_rl.players.player import Player
from cutout_rl.players.predictor import GamePredictor, ReferencedPlayer
from cutout_rl.runs.algorithms import Algorithm, MaskAlgorithm
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.progress import ProgressDisplay
from cutout_rl.utils.ranges import Count


@dataclass(frozen=True)
class ComparisonOptions(AgentOptions):
    """The agent to compare with the baselines, and the number of images."""

    images: Count = 200
    """Number of images; fewer where the split has fewer."""

    def factory(self, config: TrainConfig) -> GameFactory:
        """Create the factory of the games that the agent and the baselines play.

        Raises:
            CutOutError: the images cannot be used.
        """
        return held_out_factory(self.game_config(config), self.split)

    def indices(self, factory: GameFactory) -> range:
        """Return the indices of the images that the agent and the baselines play.

        Raises:
            CutOutError: there are none.
        """
        return held_out_images(factory, self.images, self.first)


def compare(
    players: Sequence[Player],
    factory: GameFactory,
    images: range,
    seed: int,
    console: Console,
    baselines: bool = True,
) -> list[Evaluation]:
    """Evaluate players, what they refer to, and the installed baselines, on the same images from the same start points.

    The seed is that of the start points and of the baselines' random moves.
    """
    with ProgressDisplay(console=console) as progress:

        def measure(player: Player | GamePredictor) -> Evaluation:
            task = progress.add_task(player.label, total=len(images), unit="images")
            evaluation = evaluate(player, factory, images, seed, partial(progress.advance, task))
            progress.remove_task(task)
            return evaluation

        # Greedy and sampled play of one agent have the same references.
        references = {r.label: r for p in players if isinstance(p, ReferencedPlayer) for r in p.references()}
        others = make_baselines(seed) if baselines else ()
        return [measure(player) for player in (*players, *references.values(), *others)]


def load_players(algorithm: Algorithm, config: TrainConfig, run: RunFolder, device: str, seed: int = 0) -> list[Player]:
    """Load a run's agent twice, playing greedily and sampling its actions with the seed; once if it never samples.

    Raises:
        CutOutError: there is no checkpoint, or the algorithm does not play.
    """
    players = [algorithm.load_player(config, run, deterministic, device, seed) for deterministic in (True, False)]
    return list({player.label: player for player in players}.values())


def compare_run(
    algorithm: Algorithm,
    config: TrainConfig,
    run: RunFolder,
    device: str,
    factory: GameFactory,
    images: range,
    seed: int,
    console: Console,
    baselines: bool = True,
) -> tuple[list[ImageScores], list[Table]]:
    """Evaluate a run's agent, and then the installed baselines, on the same images.

    The masks of an algorithm that does not play get a table of their own. The baselines are left out where some images
    contain no object, because the game refuses such images.

    Returns:
        The scores of the agent and of the baselines, and the tables that show them.

    Raises:
        CutOutError: there is no checkpoint.
    """
    if not isinstance(algorithm, MaskAlgorithm):
        players = load_players(algorithm, config, run, device, seed)
        evaluations = compare(players, factory, images, seed, console, baselines)
        return [*evaluations], [as_table(evaluations, factory.game_config)]
    predictor = algorithm.load_predictor(config, run, device)
    with console.status(predictor.label):
        masks = evaluate_masks(predictor, factory, images)
    evaluations = compare([], factory, images, seed, console, baselines and not masks.has_empty_images)
    tables = [as_table(evaluations, factory.game_config)] if evaluations else []
    return [masks, *evaluations], [mask_table(masks, factory.game_config), *tables]
