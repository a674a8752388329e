"""The HTML report of all studies, a single file."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2

from cutout_rl.data.reported_images import name_images
from cutout_rl.experiments.report.budget import SPLIT, Budget, BudgetName
from cutout_rl.experiments.report.claims import MARGIN
from cutout_rl.experiments.report.findings import Finding
from cutout_rl.experiments.report.studies import STUDIES
from cutout_rl.utils.atomic_write import write_text

SHOWN: Final = ("greedy", "sampled")  # the report's tables show these; the files hold all


def write_html_report(path: Path, name: BudgetName, budget: Budget, findings: Mapping[str, Finding]) -> None:
    """Write the report with all figures embedded; a study that is not done is listed with its command."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cutout_rl.experiments.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["png"] = lambda figure: base64.b64encode(figure.read_bytes()).decode()
    environment.globals["number"] = _number
    html = environment.get_template("report.html").render(
        studies=STUDIES,
        findings=findings,
        tables={study: _table(finding.rows) for study, finding in findings.items()},
        name=name,
        seeds=len(budget.seeds),
        images=name_images(SPLIT, budget.indices()),
        margin=MARGIN,
    )
    write_text(path, html)


def _table(rows: list[dict[str, Any]]) -> dict[str, dict[tuple[str, str, str], dict[str, Any]]]:
    """Arrange the rows of trained agents by measure and by (agent, play, setting)."""
    table: dict[str, dict[tuple[str, str, str], dict[str, Any]]] = {}
    for row in rows:
        if row["play"] in SHOWN and not row["measure"].startswith("@"):
            table.setdefault(row["measure"], {})[row["agent"], row["play"], row["setting"]] = row
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
