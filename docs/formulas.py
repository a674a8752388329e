"""Formulas as MathML, which browsers render without a script: a hook of mkdocs.

The pages write formulas as GitHub renders them, too: $`inline`$, and fences of the language math.
"""

import re
from typing import Any, Final

from latex2mathml.converter import convert

# What latex2mathml gets wrong: bars that stretch below the line, an operator for infinity, the tilde for a similarity,
# and a sign after a relation or a comma that is spaced like a sum.
CORRECTIONS: Final = {
    r"<mo>(&#x02016;)</mo>": r'<mo stretchy="false">\1</mo>',
    r"<mo>(&#x0221E;)</mo>": r"<mi>\1</mi>",
    r"<mi>&#x0007E;</mi>": "<mo>&#x0223C;</mo>",
    r"(<mo>&#x000(?:3D|2C);</mo>(?:<mspace[^>]*/>)?)<mo>(&#x0002B;|&#x02212;)</mo>": r'\1<mo form="prefix">\2</mo>',
}


def to_mathml(latex: str, display: str) -> str:
    """Return a formula as a `<math>` element; `display` is "inline" or "block"."""
    mathml = convert(latex, display=display)
    for pattern, replacement in CORRECTIONS.items():
        mathml = re.sub(pattern, replacement, mathml)
    return mathml


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace every formula of a page."""
    markdown = re.sub(r"```math\n(.+?)```", lambda found: to_mathml(found[1], "block"), markdown, flags=re.DOTALL)
    # In a span, because Markdown would turn a line that begins with <math> into a paragraph.
    return re.sub(r"\$`(.+?)`\$", lambda found: f"<span>{to_mathml(found[1], 'inline')}</span>", markdown)
