"""The studies of the 2017 report: claims about results, error messages, and one study run for real."""

import csv
import json
import sys
from collections.abc import Mapping
from math import inf
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scenes import blob_game

from cutout_rl.evaluation.evaluation import Evaluation
from cutout_rl.experiments.report.__main__ import main
from cutout_rl.experiments.report.atari.atari_vec_env import AtariVecEnv
from cutout_rl.experiments.report.budget import BUDGETS, BudgetName
from cutout_rl.experiments.report.claims import (
    HIGHER,
    NO_HIGHER,
    SAME,
    Claim,
    Region,
    combine_verdicts,
    conclude,
    describe_claims,
)
from cutout_rl.experiments.report.stroke_spans import shorter_spans
from cutout_rl.experiments.report.studies import STUDIES
from cutout_rl.experiments.report.studies.observation import DRAWN_ON, HEADS_MARKED, TWO_LAYERS
from cutout_rl.experiments.report.studies.sanity import FIRST, LAST
from cutout_rl.experiments.report.study_figures import draw_claims
from cutout_rl.experiments.report.study_results import CurvePoint, Results
from cutout_rl.experiments.report.trained_study import SPAN
from cutout_rl.experiments.scores import Score
from cutout_rl.experiments.speed.training_profile import CUTS
from cutout_rl.experiments.statistics import Interval
from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError

every_study = pytest.mark.parametrize("name", STUDIES)


def results(values: Mapping[str, float], seeds: int = 3, slower: float = 0.0) -> Results:
    """Make results in which an agent scores about its value; seeds may be slower the higher they are."""
    rng = np.random.default_rng(0)
    measures = ("final", "best", SPAN, FIRST, LAST, CUTS)
    scores = [
        Score(agent, "game", seed, "sampled", f"image {i}", measure, float(value + rng.normal(scale=0.001)))
        for agent, value in values.items()
        for seed in range(seeds)
        for i in range(4)
        for measure in measures
    ]
    baselines = [Score("random pens", "game", 0, "scripted", f"image {i}", "final", 0.3) for i in range(4)]
    curves = [
        CurvePoint(agent, seed, steps, seconds=(1 + slower * seed) * steps / 10, value=value * steps / 100)
        for agent, value in values.items()
        for seed in range(seeds)
        for steps in (10, 50, 100)
    ]
    return Results(list(values), [*scores, *baselines], curves)


def claim(interval: Interval | None, region: Region, of_report: bool = True) -> Claim:
    return Claim("it does", "figure", 0.0, interval, region, of_report)


def interval(low: float, high: float) -> Interval:
    return Interval(np.asarray(low), np.asarray(high))


@pytest.mark.parametrize(
    ("ends", "region", "verdict"),
    [
        ((0.01, 0.2), HIGHER, "held"),
        ((-0.01, 0.2), HIGHER, "inconclusive"),
        ((-0.2, -0.01), HIGHER, "did not hold"),
        ((-0.04, 0.04), SAME, "held"),
        ((-0.04, 0.06), SAME, "inconclusive"),
        ((0.06, 0.2), SAME, "did not hold"),
        ((-0.9, 0.04), NO_HIGHER, "held"),
        ((0.3, 0.4), (0.5, inf), "did not hold"),
        (None, HIGHER, "inconclusive"),
    ],
)
def test_a_claim_holds_where_its_whole_interval_lies_in_the_region(
    ends: tuple[float, float] | None, region: Region, verdict: str
) -> None:
    assert claim(interval(*ends) if ends else None, region).verdict == verdict


def test_a_finding_holds_if_all_its_claims_hold() -> None:
    held, failed, open_ = (claim(interval(*ends), HIGHER) for ends in ((0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1)))
    ours = claim(interval(-0.2, -0.1), HIGHER, of_report=False)
    assert combine_verdicts([held, held, ours]) == "held"
    assert combine_verdicts([held, open_]) == "inconclusive"
    assert combine_verdicts([held, open_, failed]) == "did not hold"
    assert combine_verdicts([ours]) == "not in the report"
    assert conclude([held]) == "The report's finding held."


def test_what_came_out_is_said_with_its_figures() -> None:
    held, failed = claim(interval(0.1234, 0.2), HIGHER), claim(interval(-20, -0.0004), HIGHER)
    assert describe_claims([held, held]) == (
        "Held: it does (figure: 0.000 [0.123, 0.200]; figure: 0.000 [0.123, 0.200])."
    )
    assert describe_claims([failed, claim(None, HIGHER)]) == (
        "Did not hold: it does (figure: 0.000 [-20.0, 0.000]). Inconclusive: it does (figure: 0.000 (one run))."
    )


def test_two_layers_that_do_better_bear_the_report_out() -> None:
    study = STUDIES["observation"]
    better = study.claims(results({DRAWN_ON: 0.4, TWO_LAYERS: 0.6, HEADS_MARKED: 0.5}))
    assert [one.verdict for one in better] == ["held", "held", "held", "did not hold", "did not hold"]
    assert better[1].value == pytest.approx(0.2, abs=0.002)
    assert combine_verdicts(better) == "held"
    worse = study.claims(results({DRAWN_ON: 0.6, TWO_LAYERS: 0.4, HEADS_MARKED: 0.4}))
    assert combine_verdicts(worse) == "did not hold"
    assert (
        combine_verdicts(study.claims(results({DRAWN_ON: 0.4, TWO_LAYERS: 0.6, HEADS_MARKED: 0.5}, seeds=1)))
        == "inconclusive"
    )


def test_agents_of_which_none_beats_random_pens_tell_nothing() -> None:
    study = STUDIES["learning-rate"]
    for score, verdict in ((0.25, "inconclusive"), (0.35, "held")):
        claims = study.claims(results(dict.fromkeys(study.agents, score)))
        assert [one.verdict for one in claims[1:]] == ["held", "held"]
        assert combine_verdicts(claims) == verdict
    assert combine_verdicts(study.claims(results(dict(zip(study.agents, (0.2, 0.6), strict=True))))) == "did not hold"


def test_the_change_that_gains_most_is_named() -> None:
    study = STUDIES["ours"]
    worth = {"our cut": 0.1, "our network": 0.2, "delta": 0.05}
    values = {agent: 0.3 + sum(gain for change, gain in worth.items() if change in agent) for agent in study.agents}
    claims = study.claims(results(values))
    assert study.conclude(claims) == (
        f"The largest effect of a single change: our network helps, by {claims[8].value:+.3f} IoU."
    )
    assert claims[8].value == pytest.approx(0.2, abs=0.02)
    assert "inconclusive" in study.conclude(study.claims(results(dict.fromkeys(study.agents, 0.3))))


def test_equal_wall_time_is_read_off_between_the_points_of_a_curve() -> None:
    measured = results({"a": 0.5}, slower=1.0)
    # The fastest seed has 100 steps after 10 s; the others have 50 and 33.3 then, which are worth half and a third.
    assert measured.common_seconds() == 10
    assert measured.at_equal_time("a").ravel() == pytest.approx([0.5, 0.25, 0.5 / 3])
    assert measured.rates("a").ravel() == pytest.approx([10, 5, 10 / 3])


def test_shorter_spans_are_those_of_the_strokes() -> None:
    rng = np.random.default_rng(0)
    actions = rng.integers(0, 16, (5, 4))
    evaluation = Evaluation("", "val", range(5), tuple("abcde"), np.zeros((5, 5)), False, actions)
    spans = shorter_spans(evaluation, GameConfig(image_size=64, step_len=3, step_count=4))
    for moves, span in zip(actions, spans, strict=True):
        game = blob_game(64, start=((32, 28), (32, 36)), step_len=3)
        for move in moves:
            game.step(int(move))
        longest = []
        for pen, start in enumerate(((32, 28), (32, 36))):
            path = [start, *(end for who, _, end in game.strokes if who == pen)]
            longest.append(np.ptp(np.array(path), axis=0).max() / 64)
        assert span == pytest.approx(min(longest))


@every_study
@pytest.mark.parametrize("budget", BUDGETS)
def test_every_job_of_a_study_can_be_begun(name: str, budget: BudgetName, tmp_path: Path) -> None:
    jobs = STUDIES[name].list_jobs(BUDGETS[budget], tmp_path)
    assert len({job.scores for job in jobs}) == len({job.name for job in jobs}) == len(jobs)
    assert len(jobs) >= len(STUDIES[name].agents) * len(BUDGETS[budget].seeds)
    assert not list(tmp_path.iterdir())


@every_study
def test_every_study_claims_and_draws(name: str, tmp_path: Path) -> None:
    study = STUDIES[name]
    measured = results({agent: 0.4 + 0.02 * i for i, agent in enumerate(study.agents)})
    claims = study.claims(measured)
    assert all(one.interval is not None and one.interval.low <= one.value <= one.interval.high for one in claims)
    study.draw(measured, tmp_path / "results.png")
    draw_claims(claims, tmp_path / "claims.png")
    for picture in tmp_path.iterdir():
        with Image.open(picture) as image:
            image.verify()


def report(monkeypatch: pytest.MonkeyPatch, *flags: object) -> None:
    monkeypatch.setattr(sys, "argv", ["report", *map(str, flags)])
    main()


def test_a_study_runs_once_and_appears_in_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flags = ("--budget", "smoke", "--jobs", 1, "--out", tmp_path)
    report(monkeypatch, "learning-rate", *flags)
    assert "The report doubled the learning rate" in capfd.readouterr().out
    folder = tmp_path / "smoke" / "learning-rate"
    finding = json.loads((folder / "finding.json").read_text())
    assert finding["verdict"] == "inconclusive"  # one seed has no interval
    assert len(finding["claims"]) == 3
    with (folder / "curves.csv").open() as stream:
        assert {row["agent"] for row in csv.DictReader(stream)} == {"5e-4", "1e-3"}
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("runs/**/*") if path.is_file()}

    report(monkeypatch, "learning-rate", *flags)
    assert "5 of 5 jobs are done already" in capfd.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in before} == before

    report(monkeypatch, "--page", *flags)
    page = (tmp_path / "smoke" / "index.html").read_text()
    assert finding["came_out"].split(" [")[0][:40] in page
    assert page.count("data:image/png;base64,") == 2
    assert page.count("not run yet") == len(STUDIES) - 1
    assert "<link" not in page
    assert "<script" not in page


def test_what_cannot_be_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CutOutError, match="did you mean 'step-count'"):
        report(monkeypatch, "step-counts", "--out", tmp_path)
    with pytest.raises(CutOutError, match=r"No study in .* run one first"):
        report(monkeypatch, "--page", "--out", tmp_path)
    with pytest.raises(CutOutError, match="jobs is 0"):
        report(monkeypatch, "--jobs", 0, "--out", tmp_path)


def test_games_that_cannot_start_raise_errors(tmp_path: Path) -> None:
    with pytest.raises(EOFError, match="have ended"):
        AtariVecEnv(sys.executable, "pong", 1, 0)  # ale-py is not installed here


@pytest.mark.slow
def test_sanity_study_fetches_its_games(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    try:
        report(monkeypatch, "sanity", "--budget", "smoke", "--out", tmp_path)
    except CutOutError:
        pytest.skip("ale-py cannot be fetched")
    finding = json.loads((tmp_path / "smoke" / "sanity" / "finding.json").read_text())
    assert len(finding["claims"]) == 4
