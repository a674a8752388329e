"""What agents are compared with: the installed baselines, the beam oracle, and the cut under full scribbles."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import Final

from cutout_rl.agents.planning.beam_oracle import BeamOracle
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.experiments.benchmark.agent_specs import Interruptible
from cutout_rl.experiments.scores import Score, scores_of
from cutout_rl.experiments.simulated_users.scribbles import full_scribbles
from cutout_rl.game.config import GameConfig
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.players.baselines import make_baselines
from cutout_rl.players.player import Player
from cutout_rl.segmenters import INSIDE, OUTSIDE

FULL_SCRIBBLES: Final = "full scribbles"

Measurement = Callable[[Event], list[Score]]


def measurements(
    setting: str, game: GameConfig, images: range, oracle_images: range
) -> Iterator[tuple[str, Measurement]]:
    """Yield the label and the measurement of each baseline on images of the game's split.

    A measurement returns scores, or raises KeyboardInterrupt once its event is set.
    """
    for player in make_baselines():
        yield player.label, baseline_measurement(player, setting, game, images)
    beam = BeamOracle()
    yield beam.label, baseline_measurement(beam, setting, game, oracle_images)
    yield FULL_SCRIBBLES, lambda stop: _segment_full_scribbles(setting, game, oracle_images, stop)


def baseline_measurement(player: Player, setting: str, game: GameConfig, images: range) -> Measurement:
    """Return the measurement of a baseline on images of the game's split."""

    def play(stop: Event) -> list[Score]:
        evaluation = evaluate(Interruptible(player, stop), held_out_factory(game, game.split), images)
        return scores_of(evaluation, player.label, setting, 0, "oracle" if player.sees_truth else "scripted")

    return play


def _segment_full_scribbles(setting: str, game: GameConfig, images: range, stop: Event) -> list[Score]:
    """Measure the segmenter's ceiling: the IoU under the object's whole skeleton and a ring all round it."""
    source, segmenter = game.open_source(), game.settings().segmenter
    scores = []
    for index in images:
        if stop.is_set():
            raise KeyboardInterrupt
        sample = source[index]
        scribbles = full_scribbles(sample)
        mask = segmenter.segment(sample.image, scribbles[INSIDE], scribbles[OUTSIDE])
        iou = intersection_over_union(mask, sample.mask, sample.void)
        scores.append(Score(FULL_SCRIBBLES, setting, 0, "oracle", sample.name, "final", iou))
    return scores
