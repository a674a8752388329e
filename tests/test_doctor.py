"""`python -m cutout_rl.doctor`: no faults in a sound installation, and one for each fault that is planted."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from command_line import run_module

from cutout_rl import doctor
from cutout_rl.doctor import Finding, check_entry_points, check_game, check_kernels, check_versions

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs the metadata of a package ahead of all others."""

    def write(name: str, entry_points: str = "", requires: Iterable[str] = ()) -> None:
        folder = tmp_path / f"{name}-0.1.0.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 0.1.0", *(f"Requires-Dist: {r}" for r in requires)]
        (folder / "METADATA").write_text("\n".join(lines) + "\n")
        (folder / "entry_points.txt").write_text(entry_points)
        monkeypatch.syspath_prepend(str(tmp_path))

    return write


def faults(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the text and the fix of every fault."""
    return {finding.text: finding.fix for finding in findings if finding.fix is not None}


def test_nothing_is_wrong_here() -> None:
    outcome = run_module("doctor")
    assert outcome.status == 0, outcome
    assert "fault " not in outcome.out
    assert outcome.out.endswith("0 faults\n")
    for said in (
        "Python 3.",
        "numba ",
        "a2c, bc, interactive, planner, ppo",
        "kernels are cached in",
        "cores are usable",
        "moves a second",
    ):
        assert said in outcome.out


def test_a_fault_is_printed_with_its_fix_and_gives_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["doctor"])
    monkeypatch.setattr(doctor, "CHECKS", (check_kernels,))
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    with pytest.raises(SystemExit) as stop:
        doctor.main()
    assert stop.value.code == 1
    printed = capsys.readouterr().out
    assert "fault NUMBA_BOUNDSCHECK is set\n      Unset it" in printed
    assert printed.endswith("1 fault\n")


def test_packages_that_are_missing_or_too_old_are_named(install: Install) -> None:
    install("cutout_rl", requires=["numpy>=999", "no-such-package>=1", "gymnasium>=1", "other; extra == 'test'"])
    assert faults(check_versions()) == {
        f"numpy is {np.__version__}, but >=999 is needed": "Install it: pip install 'numpy>=999'.",
        "no-such-package is not installed": "Install it: pip install 'no-such-package>=1'.",
    }


def test_an_entry_point_that_cannot_be_loaded_is_named_with_its_package(install: Install) -> None:
    install("third_party", "[cutout_rl.agents]\nbroken = no_such_module:Agent\n")
    (text,) = faults(check_entry_points())
    assert "cutout_rl.agents: broken cannot be loaded (ModuleNotFoundError" in text
    assert faults(check_entry_points())[text] == "Reinstall third_party, or uninstall it."


def test_the_self_test_sees_a_cut_that_depends_on_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SELF_TEST_SECONDS", 0.1)
    assert faults(check_game()) == {}

    def forgetful(self: doctor.Game, action: int) -> None:
        step(self, action)
        self.state.mask[0] ^= True

    step = doctor.Game.step
    monkeypatch.setattr(doctor.Game, "step", forgetful)
    (text,) = faults(check_game())
    assert "differs from a cold one" in text
