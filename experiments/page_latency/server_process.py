"""The page's server in its own process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cutout_rl.utils.errors import CutOutError

_PATIENCE: Final = 20.0  # s to terminate


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder of images on a free port with `python -m cutout_rl.play`, and yield the address.

    Raises:
        CutOutError: the server stopped before it printed its address.
    """
    words = [sys.executable, "-m", "cutout_rl.play", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = next((line.strip() for line in process.stdout if line.startswith("http://")), None)
            if address is None:
                raise CutOutError("The page's server stopped before it was ready; see its output above.")
            yield address.rstrip("/")
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
