"""The values of a trimap."""

from typing import Final

BACKGROUND: Final = 0
VOID: Final = 128
OBJECT: Final = 255
