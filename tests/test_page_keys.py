"""The keys of the page have one source, `keys.json`; the documentation repeats it."""

import json
import re
from pathlib import Path
from typing import Any

from cutout_rl.web.server import STATIC

SHORTCUTS: list[dict[str, Any]] = json.loads((STATIC / "keys.json").read_text())


def test_documentation_lists_the_keys_of_the_page() -> None:
    page = (Path(__file__).parents[1] / "docs" / "page.md").read_text()
    rows = [f"| {shortcut['keys']} | {shortcut['help']} |" for shortcut in SHORTCUTS]
    assert "\n".join(["| keys | effect |", "|---|---|", *rows]) in page


def test_every_key_has_one_action_that_exists() -> None:
    pairs = [pair for shortcut in SHORTCUTS for pair in shortcut.get("bindings", {}).items()]
    assert len(pairs) == len(dict(pairs))
    actions = (STATIC / "main.js").read_text().split("const actions = {")[1]
    for _, action in pairs:
        assert re.search(rf"^  {action}: ", actions, re.MULTILINE), action


def test_every_hint_is_of_a_control() -> None:
    html = (STATIC / "index.html").read_text()
    for selector in (selector for shortcut in SHORTCUTS for selector in shortcut.get("hints", {})):
        name, value = ("id", selector[1:]) if selector.startswith("#") else selector.strip("[]").split("=")
        assert f'{name}="{value}"' in html, selector
