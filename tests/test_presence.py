"""Images without an object: how they are scored, and who does not play them."""

from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from cutout_rl.evaluation.comparison import compare_run
from cutout_rl.evaluation.evaluation import held_out_factory
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.evaluation.mask_evaluation import MaskEvaluation, evaluate_masks
from cutout_rl.evaluation.presence import presence_figures, presence_sentence
from cutout_rl.evaluation.tables import as_text
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig

N = 12


class Whole:
    """Answers that all is object, or nothing where the image is one of these."""

    label = "whole"

    def __init__(self, *absent: int) -> None:
        self._absent = absent

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        masks = np.ones(images.shape[:3], bool)
        masks[list(self._absent)] = False
        return masks


def factory(masks: str) -> GameFactory:
    return held_out_factory(GameConfig(data="markers", masks=masks, image_size=32, observation_size=32), "test")


@pytest.fixture(scope="module")
def truth() -> list[bool]:
    """Return which of the scenes contain a marker."""
    source = factory("presence").source
    return [bool(source[index].mask.any()) for index in range(N)]


def test_an_empty_mask_is_right_where_there_is_nothing(truth: list[bool]) -> None:
    absent = [index for index, there in enumerate(truth) if not there]
    assert 0 < len(absent) < N
    result = evaluate_masks(Whole(*absent), factory("presence"), range(N))
    assert result.iou.shape == (N, 1)
    assert result.iou[absent, 0].tolist() == [1] * len(absent)
    assert result.presence.tolist() == [[there, there] for there in truth]
    assert presence_figures(result.presence)["accuracy"] == 1
    wrong = evaluate_masks(Whole(), factory("presence"), range(N))
    assert wrong.iou[absent, 0].tolist() == [0] * len(absent)
    assert presence_figures(wrong.presence)["without_correct"] == 0


def test_figures_and_sentence_count_both_classes() -> None:
    presence = np.array([(True, True)] * 50 + [(True, False)] * 1 + [(False, False)] * 47 + [(False, True)] * 2)
    figures = presence_figures(presence)
    assert figures.pop("interval") == pytest.approx([0.9155, 0.9897], abs=1e-4)  # Wilson's for 97 of 100
    assert figures == {
        "images": 100,
        "with": 51,
        "with_correct": 50,
        "without": 49,
        "without_correct": 47,
        "accuracy": 0.97,
    }
    assert presence_sentence(presence) == (
        "51 of 100 images (51.0%) contain the object; 50 of these and 47 of the 49 others are classified correctly,"
        " 97.0% overall (95 % CI 91.5% to 99.0%)."
    )


class WholeAlgorithm:
    """A `MaskAlgorithm` whose runs predict `Whole`."""

    config_type = TrainConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None: ...

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str, seed: int = 0
    ) -> NoReturn:
        raise AssertionError

    def load_predictor(self, config: TrainConfig, run: RunFolder, device: str) -> Whole:
        return Whole()


def compare_whole(masks: str, n_images: int) -> tuple[list[ImageScores], str]:
    """Compare `Whole` with the baselines; return the scores and the text of the tables in one line."""
    run = RunFolder(Path("no-such-run"))
    console = Console(quiet=True)
    scores, tables = compare_run(
        WholeAlgorithm(), TrainConfig(), run, "cpu", factory(masks), range(n_images), 0, console
    )
    return scores, " ".join(" ".join(map(as_text, tables)).split())


def test_baselines_play_unless_there_are_scenes_that_the_game_refuses(truth: list[bool]) -> None:
    alone, text = compare_whole("presence", N)
    assert [result.label for result in alone] == ["whole"]
    assert isinstance(alone[0], MaskEvaluation)
    assert alone[0].has_empty_images
    assert f"{sum(truth)} of {N} images" in text
    row = alone[0].figures()
    assert row["presence"]["with"] == sum(truth)
    assert "best_iou" not in row
    beside, text = compare_whole("marker", 1)
    assert {"whole", "still pens"} < {result.label for result in beside}
    assert "classified correctly" not in text
