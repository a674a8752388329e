"""A drawing of the rooms and their imports: a hook of mkdocs, which puts it into the page on the architecture.

Run as a script, the file prints the arrows.
"""

import ast
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
LINKED: Final = ("agents", "experiments")  # top folders, imported as cutout_rl.agents and cutout_rl.experiments
ENVIRONMENT: Final = ("env", "vector_env")
PLACE: Final = "<!-- The drawing of the rooms -->"

WIDTH, BOX_WIDTH, BOX_HEIGHT, ROW, GAP = 460.0, 132.0, 38.0, 66.0, 14.0  # px; as wide as a phone shows in full

ARROW_HEAD: Final = (
    '<defs><marker id="rooms-head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z"/></marker></defs>'
)

Graph = dict[str, set[str]]


def room_of(module: str) -> str | None:
    """Return the room of a module given by its full name, or None outside the package and for the package itself."""
    package, _, rest = module.partition(".")
    name = rest.partition(".")[0]
    if package != "cutout_rl" or not name:
        return None
    if (ROOT / "cutout_rl" / name).is_dir():
        return name
    if not (ROOT / "cutout_rl" / f"{name}.py").is_file():
        return None
    return "environment" if name in ENVIRONMENT else "commands"


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the full names that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def read_imports() -> Graph:
    """Return the rooms that each room imports."""
    graph: Graph = {}
    for top in ("cutout_rl", *LINKED):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[0] == "cutout_rl" and parts[1] in LINKED:
                continue  # the link to a top folder, which is read by itself
            source = room_of(".".join(parts if parts[0] == "cutout_rl" else ("cutout_rl", *parts)))
            if source is not None:
                rooms = {room_of(module) for module in imported_modules(path)} - {None, source}
                graph.setdefault(source, set()).update(room for room in rooms if room)
    return graph


def reduce_arrows(graph: Graph) -> Graph:
    """Return the graph without the arrows that a path of other arrows implies (transitive reduction)."""
    reachable: Graph = {}

    def visit(room: str) -> set[str]:
        if room not in reachable:
            reachable[room] = graph[room].union(*(visit(below) for below in graph[room]))
        return reachable[room]

    for room in graph:
        visit(room)
    return {
        room: {below for below in direct if not any(below in reachable[other] for other in direct)}
        for room, direct in graph.items()
    }


def assign_rows(graph: Graph) -> dict[str, int]:
    """Return the row of each room, 0 at the bottom: one above the highest room that it imports."""
    rows: dict[str, int] = {}

    def visit(room: str) -> int:
        if room not in rows:
            rows[room] = max((visit(below) + 1 for below in graph[room]), default=0)
        return rows[room]

    for room in graph:
        visit(room)
    return rows


def route(graph: Graph, rows: dict[str, int]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the paths of the arrows, with a bend in every row that one crosses, and the rows from the bottom up."""
    paths = []
    table: list[list[str]] = [[] for _ in range(max(rows.values()) + 1)]
    for room in sorted(graph):
        table[rows[room]].append(room)
        for below in sorted(graph[room]):
            bends = [f"{room}>{below}@{row}" for row in range(rows[room] - 1, rows[below], -1)]
            for row, bend in zip(range(rows[room] - 1, rows[below], -1), bends, strict=True):
                table[row].append(bend)
            paths.append([room, *bends, below])
    return paths, table


def spread(row: list[str], wished: dict[str, float]) -> dict[str, float]:
    """Return x positions of a row's boxes and bends, near those wished, in the same order and not overlapping."""
    widths = [GAP if ">" in name else BOX_WIDTH for name in row]
    places: list[float] = []
    for name, width, before in zip(row, widths, [0.0, *widths], strict=False):
        least = places[-1] + (before + width) / 2 + GAP if places else width / 2
        places.append(max(least, wished[name]))
    limit = WIDTH
    for i in reversed(range(len(row))):
        places[i] = min(places[i], limit - widths[i] / 2)
        limit = places[i] - widths[i] / 2 - GAP
    return dict(zip(row, places, strict=True))


def place(paths: list[list[str]], table: list[list[str]]) -> dict[str, float]:
    """Return the x position of every box and bend, in px, close to those of its neighbours."""
    neighbours: dict[str, list[str]] = {name: [] for row in table for name in row}
    for path in paths:
        for above, below in pairwise(path):
            neighbours[above].append(below)
            neighbours[below].append(above)
    positions = dict.fromkeys(neighbours, WIDTH / 2)
    for row in table:
        positions |= spread(row, positions)
    for sweep in range(40):
        for row in table if sweep % 2 else table[::-1]:
            wished = {name: sum(positions[n] for n in neighbours[name]) / max(1, len(neighbours[name])) for name in row}
            row.sort(key=wished.__getitem__)
            positions |= spread(row, wished)
    return positions


def arrow_to(path: list[str], points: dict[str, tuple[float, float]]) -> str:
    """Return an arrow along a path of boxes and bends, whose top middles are `points`, as SVG."""
    x, y = points[path[0]]
    line = f"M{x:.0f} {y + BOX_HEIGHT:.0f}"
    for name in path[1:]:
        x_next, y_next = points[name]
        y, y_next = y + BOX_HEIGHT, y_next - (4 if name == path[-1] else 0)
        middle = (y + y_next) / 2
        line += f" C{x:.0f} {middle:.0f} {x_next:.0f} {middle:.0f} {x_next:.0f} {y_next:.0f}"
        if name != path[-1]:
            line += f" v{BOX_HEIGHT:.0f}"
        x, y = x_next, y_next
    return f'<path d="{line}" marker-end="url(#rooms-head)"/>'


def box_of(room: str, x: float, y: float) -> str:
    """Return a room's box, whose top middle is (x, y), as SVG."""
    kind = "top" if room in LINKED else "root" if room in ("environment", "commands") else "room"
    return (
        f'<g class="rooms-{kind}"><rect x="{x - BOX_WIDTH / 2:.0f}" y="{y:.0f}" width="{BOX_WIDTH:.0f}"'
        f' height="{BOX_HEIGHT:.0f}" rx="6"/>'
        f'<text x="{x:.0f}" y="{y + BOX_HEIGHT / 2 + 5:.0f}">{escape(room)}</text></g>'
    )


def draw() -> str:
    """Return the drawing as SVG, whose colours the style sheet sets."""
    graph = reduce_arrows(read_imports())
    rows = assign_rows(graph)
    paths, table = route(graph, rows)
    positions = place(paths, table)
    points = {name: (positions[name], (len(table) - 1 - i) * ROW + 2) for i, row in enumerate(table) for name in row}
    parts = [arrow_to(path, points) for path in paths] + [box_of(room, *points[room]) for room in rows]
    left = min(x - (2 if ">" in name else BOX_WIDTH / 2 + 2) for name, x in positions.items())
    right = max(x + (2 if ">" in name else BOX_WIDTH / 2 + 2) for name, x in positions.items())
    height = (len(table) - 1) * ROW + BOX_HEIGHT + 4
    arrows = "; ".join(f"{room} imports {', '.join(sorted(below))}" for room, below in graph.items() if below)
    return (
        f'<svg class="rooms" role="img" viewBox="{left:.0f} 0 {right - left:.0f} {height:.0f}"'
        f' aria-label="{escape(arrows)}">{ARROW_HEAD}{"".join(parts)}</svg>'
    )


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the drawing into the page that has a place for it."""
    return markdown.replace(PLACE, draw()) if PLACE in markdown else markdown


if __name__ == "__main__":
    for room, below in sorted(reduce_arrows(read_imports()).items()):
        print(f"{room} -> {', '.join(sorted(below)) or 'none'}")
