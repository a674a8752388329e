"""Scenes without an object: who answers them, how often rightly, and who is left out."""

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from cutout_rl.evaluation.comparison import compare
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory
from cutout_rl.evaluation.presence import presence_figures, presence_sentence
from cutout_rl.evaluation.tables import as_rows, as_table, as_text
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory

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
    """Tell which of the scenes have a marker."""
    source = factory("presence").source
    return [bool(source[index].mask.any()) for index in range(N)]


def test_an_empty_mask_is_right_where_there_is_nothing(truth: list[bool]) -> None:
    absent = [index for index, there in enumerate(truth) if not there]
    assert 0 < len(absent) < N
    result = evaluate(Whole(*absent), factory("presence"), N)
    assert result.iou.shape == (N, 1)
    assert result.iou[absent, 0].tolist() == [1] * len(absent)
    assert result.presence is not None
    assert result.presence.tolist() == [[there, there] for there in truth]
    assert presence_figures(result.presence)["accuracy"] == 1
    wrong = evaluate(Whole(), factory("presence"), N)
    assert wrong.iou[absent, 0].tolist() == [0] * len(absent)
    assert wrong.presence is not None
    assert presence_figures(wrong.presence)["without_told"] == 0


def test_figures_and_sentence_count_both_classes() -> None:
    presence = np.array([(True, True)] * 50 + [(True, False)] * 1 + [(False, False)] * 47 + [(False, True)] * 2)
    figures = presence_figures(presence)
    assert figures.pop("interval") == pytest.approx([0.9155, 0.9897], abs=1e-4)  # Wilson's for 97 of 100
    assert figures == {
        "images": 100,
        "with": 51,
        "with_told": 50,
        "without": 49,
        "without_told": 47,
        "accuracy": 0.97,
    }
    assert presence_sentence(presence) == (
        "The object is in 51 of 100 images (51.0%): 50 of these and 47 of the 49 without are told rightly, 97.0% in all"
        " (95 % interval 91.5% to 99.0%)."
    )


def test_baselines_play_unless_there_are_scenes_that_the_game_refuses(truth: list[bool]) -> None:
    console = Console(quiet=True)
    alone = compare([Whole()], factory("presence"), N, 0, console)
    assert [result.label for result in alone] == ["whole"]
    assert alone[0].shows_empty_scenes
    beside: list[Evaluation] = compare([Whole()], factory("marker"), 1, 0, console)
    assert {"whole", "still pens"} < {result.label for result in beside}
    text = as_text(as_table(alone, factory("presence").game_config))
    assert f"The object is in {sum(truth)} of {N} images" in " ".join(text.split())
    assert "without are told" not in as_text(as_table(beside, factory("marker").game_config))
    (row,) = as_rows(alone)
    assert row["presence"]["with"] == sum(truth)
    assert "best_iou" not in row
