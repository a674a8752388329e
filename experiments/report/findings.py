"""From a study's results to its files: tidy scores and curves, the finding, the figures."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cutout_rl.experiments.benchmark.scores import write_scores
from cutout_rl.experiments.report.budget import Budget
from cutout_rl.experiments.report.claims import Claim, Verdict, in_words, verdict_of
from cutout_rl.experiments.report.figures import draw_claims
from cutout_rl.experiments.report.results import CurvePoint
from cutout_rl.experiments.report.study import Study
from cutout_rl.utils.atomic_write import replacing, write_json


class Finding(NamedTuple):
    """What came out of a study.

    Attributes:
        verdict: on the report's finding.
        found: what the report did and found.
        came_out: what came out here, and what follows.
        rows: the figures, as `Results.rows` gives them.
        figures: PNG files.
    """

    verdict: Verdict
    found: str
    came_out: str
    rows: list[dict[str, Any]]
    figures: tuple[Path, ...]


def find(study: Study, budget: Budget, folder: Path) -> Finding | None:
    """Analyse what a study's jobs left in its folder, and write it down there; None while some are not done.

    Raises:
        CutOutError: a file is damaged.
    """
    results = study.results(budget, folder)
    if results is None:
        return None
    claims = study.claims(results)
    came_out = f"{in_words(claims)} {study.conclude(claims)}"
    figures = folder / "results.png", folder / "claims.png"
    finding = Finding(verdict_of(claims), study.found, came_out, results.rows(), figures)
    write_scores(folder / "scores.csv", results.scores)
    _write_curves(folder / "curves.csv", results.curves)
    write_json(folder / "finding.json", _as_json(study, finding, claims))
    study.draw(results, figures[0])
    draw_claims(claims, figures[1])
    return finding


def _write_curves(path: Path, points: Iterable[CurvePoint]) -> None:
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(CurvePoint._fields)
        writer.writerows(points)


def _as_json(study: Study, finding: Finding, claims: Sequence[Claim]) -> dict[str, Any]:
    return {
        "study": study.title,
        "section": study.section,
        "verdict": finding.verdict,
        "found": finding.found,
        "came_out": finding.came_out,
        "claims": [
            {
                "says": claim.says,
                "of_report": claim.of_report,
                "figure": claim.figure,
                "value": claim.value,
                "interval": None if claim.interval is None else [float(end) for end in claim.interval],
                "holds_between": [None if abs(bound) == float("inf") else bound for bound in claim.region],
                "verdict": claim.verdict,
            }
            for claim in claims
        ],
        "figures": finding.rows,
    }
