"""The page loads all its modules at once, and compressed, so that it works soon on a slow link."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_server import Served, make_app_state, serve

from cutout_rl.web.server import STATIC


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(make_app_state(tmp_path_factory.mktemp("page"), images=1)) as server:
        yield server


def links(rel: str) -> list[str]:
    """Return the files of the page that links of a kind name, in order."""
    return re.findall(rf'<link rel="{rel}" href="/static/([^"]+)"', (STATIC / "index.html").read_text())


def imported(module: str) -> set[str]:
    """Return the modules that a module imports, itself or through others."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        for name in re.findall(r'from "\./([^"]+)";', (STATIC / waiting.pop()).read_text()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def test_the_page_preloads_the_modules_that_it_imports() -> None:
    preloaded = links("modulepreload")
    assert len(preloaded) > 20
    assert preloaded == sorted(imported("main.js"))
    modules = {path.name for path in STATIC.glob("*.js")}
    assert modules == {"main.js", *preloaded}  # and there are no others


def test_the_page_preloads_what_its_modules_wait_for() -> None:
    waited = {
        name for path in STATIC.glob("*.js") for name in re.findall(r'fetch\("/static/([^"]+)"', path.read_text())
    }
    assert waited == set(links("preload")) == {"keys.json"}


@pytest.mark.parametrize(("path", "file"), [("/", "index.html"), ("/static/main.js", "main.js")])
def test_texts_are_sent_compressed(served: Served, path: str, file: str) -> None:
    text = Path(STATIC / file).read_bytes()
    assert served.get(path) == (200, text)  # to clients that do not ask for more
    status, data = served.get(path, **{"Accept-Encoding": "gzip"})
    assert status == 200
    assert gzip.decompress(data) == text
    assert len(data) < 0.4 * len(text)
    assert served.post(path)[0] == 405
