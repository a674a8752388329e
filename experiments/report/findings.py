"""The analysis of a study: its verdict, and its files of scores, curves and figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cutout_rl.experiments.records import write_rows
from cutout_rl.experiments.report.budget import Budget
from cutout_rl.experiments.report.claims import Claim, Verdict, combine_verdicts, describe_claims
from cutout_rl.experiments.report.study import Study
from cutout_rl.experiments.report.study_figures import draw_claims
from cutout_rl.experiments.report.study_results import CurvePoint
from cutout_rl.experiments.scores import write_scores
from cutout_rl.utils.atomic_write import write_json


class Finding(NamedTuple):
    """The outcome of a study.

    Attributes:
        verdict: on the report's finding.
        found: the report's finding.
        came_out: the results and the conclusion, in sentences.
        rows: the results, as returned by `Results.rows`.
        figures: PNG files.
    """

    verdict: Verdict
    found: str
    came_out: str
    rows: list[dict[str, Any]]
    figures: tuple[Path, ...]


def analyse(study: Study, budget: Budget, folder: Path) -> Finding | None:
    """Analyse the results in a study's folder and write the finding there; return None while some jobs are not done.

    Raises:
        CutOutError: a file is damaged.
    """
    results = study.results(budget, folder)
    if results is None:
        return None
    claims = study.claims(results)
    came_out = f"{describe_claims(claims)} {study.conclude(claims)}"
    figures = folder / "results.png", folder / "claims.png"
    finding = Finding(combine_verdicts(claims), study.found, came_out, results.rows(), figures)
    write_scores(folder / "scores.csv", results.scores)
    write_rows(folder / "curves.csv", results.curves, CurvePoint)
    write_json(folder / "finding.json", _as_json(study, finding, claims))
    study.draw(results, figures[0])
    draw_claims(claims, figures[1])
    return finding


def _as_json(study: Study, finding: Finding, claims: Sequence[Claim]) -> dict[str, Any]:
    return {
        "study": study.title,
        "section": study.section,
        "verdict": finding.verdict,
        "found": finding.found,
        "came_out": finding.came_out,
        "claims": [
            {
                "says": claim.statement,
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
