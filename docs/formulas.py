"""Formulas as MathML, which browsers show by themselves: a hook of mkdocs.

They are written as GitHub shows them, too: $`inline`$, and fences of the language math.
"""

import re
from typing import Any

from latex2mathml.converter import convert


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace every formula of a page."""
    # In a span, for a line of Markdown that begins with <math> would become a paragraph of its own.
    markdown = re.sub(r"```math\n(.+?)```", lambda found: convert(found[1], display="block"), markdown, flags=re.DOTALL)
    return re.sub(r"\$`(.+?)`\$", lambda found: f"<span>{convert(found[1])}</span>", markdown)
