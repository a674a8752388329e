"""Files of the page that are no regular files, or too large, are set aside without being opened."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from untrusted import make_pipe, make_sparse

from cutout_rl.web.storage import Storage


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("make", [make_pipe, make_sparse], ids=["pipe", "sparse"])
def test_pipes_and_huge_files_are_set_aside_unread(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "strokes").mkdir()
    strokes, scores = tmp_path / "strokes" / "a.png.json", tmp_path / "scores.json"
    make(strokes)
    make(scores)
    storage = Storage(tmp_path)
    assert storage.load("a.png", (9, 9)).edits == []
    assert storage.scores() == []
    assert len(storage.damage) == 2
    assert not strokes.exists()
    assert not scores.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("make", [make_pipe, make_sparse], ids=["pipe", "sparse"])
@pytest.mark.parametrize("name", ["classes", "states", "estimates", "times"])
def test_so_are_those_with_what_is_kept_for_all_images(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    file = tmp_path / f"{name}.json"
    make(file)
    storage = Storage(tmp_path)
    assert storage.classes.load().ids() == {"object": 1}
    assert storage.states.of("a.png", ()) == "untouched"
    assert storage.estimates.of("a.png") is None
    assert storage.times.load() == {}
    assert [name in sentence for sentence in storage.damage] == [True]
    assert not file.exists()
