"""The report of a finished run: table, learning curve, pictures."""

import shlex
from typing import Final

from rich.console import Console

from cutout_rl.evaluation.comparison import compare_run
from cutout_rl.evaluation.episode import play_episodes
from cutout_rl.evaluation.evaluation import held_out_images
from cutout_rl.evaluation.tables import as_text
from cutout_rl.game.factory import GameFactory
from cutout_rl.runs.algorithms import Algorithm, MaskAlgorithm
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.atomic_write import write_json, write_text
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.utils.progress import say
from cutout_rl.visualization.contact_sheet import save_contact_sheet
from cutout_rl.visualization.mask_sheet import save_mask_sheet

SEED: Final = 0  # of the start points; the default of `cutout_rl.evaluate`, which prints the same table
EPISODES: Final = 6
MASKS: Final = 12


def report_run(algorithm: Algorithm, config: TrainConfig, run: RunFolder, test: GameFactory, console: Console) -> None:
    """Print the final table; write it, the learning curve and some episodes or masks into the run's folder."""
    draw_curves(run)
    if config.test_images == 0:
        return
    images = held_out_images(test, config.test_images)
    scores, tables = compare_run(algorithm, config, run, config.device, test, images, SEED, console)
    for table in tables:
        console.print(table)
    write_text(run.path / "table.txt", "\n".join(map(as_text, tables)))
    write_json(run.path / "table.json", [score.figures() for score in scores])
    title = f"{run.path.name} ({scores[0].label}) on {config.data}, test split"
    if isinstance(algorithm, MaskAlgorithm):
        predictor = algorithm.load_predictor(config, run, config.device)
        samples = [test.source[index] for index in held_out_images(test, MASKS)]
        save_mask_sheet(predictor, samples, run.path / "masks.png", title)
        say(console, f"wrote {run.path / 'masks.png'}")
        return
    player = algorithm.load_player(config, run, True, config.device)
    episodes = play_episodes(player, test, held_out_images(test, EPISODES), SEED)
    save_contact_sheet(episodes, run.path / "episodes.png", title)
    say(console, f"HTML report: python -m cutout_rl.visualize {shlex.quote(str(run.path))}")


def draw_curves(run: RunFolder) -> None:
    """Draw `curves.png`: the final IoU in training and on the validation split over the steps."""
    training, validation = run.read("metrics.csv"), run.read("validation.csv")
    with saved_figure(run.path / "curves.png", WIDTH, 3.4, dpi=150) as figure:
        axes = figure.subplots()
        if training:
            axes.plot(training["timesteps"], training["iou"], color="0.6", label="training, last 100 episodes")
        finals = [name for name in validation if name.endswith(FINAL)]
        for name, style in zip(finals, ("o-", "s--"), strict=False):
            label = f"validation, {name.removesuffix(FINAL)}"
            axes.plot(validation["timesteps"], validation[name], style, label=label)
        axes.set(xlabel="steps", ylabel="final IoU", ylim=(0, 1), title=run.path.name)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(alpha=0.3)
        if training or validation:
            axes.legend()
