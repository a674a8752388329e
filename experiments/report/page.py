"""One HTML page of all studies, that needs no other file."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2

from cutout_rl.experiments.report.budget import Budget, BudgetName
from cutout_rl.experiments.report.claims import MARGIN
from cutout_rl.experiments.report.findings import Finding
from cutout_rl.experiments.report.studies import STUDIES
from cutout_rl.utils.atomic_write import write_text

SHOWN: Final = ("greedy", "sampled")  # ways of playing whose figures the page's tables hold; the files hold all


def write_page(path: Path, name: BudgetName, budget: Budget, findings: Mapping[str, Finding]) -> None:
    """Write the page, with every figure in it; a study without a finding is named with its command."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cutout_rl.experiments.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["png"] = lambda figure: base64.b64encode(figure.read_bytes()).decode()
    environment.globals["number"] = _number
    page = environment.get_template("report.html").render(
        studies=STUDIES,
        findings=findings,
        tables={study: _table(finding.rows) for study, finding in findings.items()},
        name=name,
        seeds=len(budget.seeds),
        images=budget.images,
        margin=MARGIN,
    )
    write_text(path, page)


def _table(rows: list[dict[str, Any]]) -> dict[str, dict[tuple[str, str, str], dict[str, Any]]]:
    """Arrange the rows of trained agents as measures x (agent, play, setting)."""
    table: dict[str, dict[tuple[str, str, str], dict[str, Any]]] = {}
    for row in rows:
        if row["play"] in SHOWN and not row["measure"].startswith("@"):
            table.setdefault(row["measure"], {})[row["agent"], row["play"], row["setting"]] = row
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
