"""Mutation testing: change the code in small ways, one at a time, and list the changes that no test notices.

`make test-mutants` runs this in an environment with Cosmic Ray, which makes the mutants. The checkout is not touched:
everything happens in a copy. numba does not see that a kernel calls a mutant in another file: kernels of the segmenters
run as Python, and those of the game are compiled anew for each mutant.
"""

import argparse
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Literal, NamedTuple

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome

ROOT = Path(__file__).parents[1]
# Without them a kernel is the same function, interpreted.
LEFT_OUT = ("core/RemoveDecorator",)


class Group(NamedTuple):
    """Modules, and the tests that have to notice their mutants.

    Attributes:
        modules: the files.
        tests: arguments of pytest.
        kernels: whether they are to be interpreted, or compiled anew; "kept" if the modules have none.
    """

    modules: tuple[str, ...]
    tests: str
    kernels: Literal["kept", "interpreted", "anew"] = "kept"


GROUPS = {
    "game": Group(
        tuple(f"cutout_rl/game/{name}.py" for name in ("game_logic", "strokes", "start_points", "rules")),
        "tests/test_game.py tests/test_strokes.py tests/test_reward.py",
        "anew",
    ),
    "reward": Group(("cutout_rl/game/reward.py",), "tests/test_reward.py tests/test_game.py", "anew"),
    "shrinking": Group(("cutout_rl/game/area_resize.py",), "tests/test_observation.py -k opencvs", "interpreted"),
    "energy": Group(
        ("cutout_rl/segmenters/energy.py",),
        "tests/test_graph_cut.py -k 'formula or copies' tests/test_colour.py",
        "interpreted",
    ),
    "maxflow": Group(
        ("cutout_rl/segmenters/maxflow.py", "cutout_rl/segmenters/search_trees.py"),
        "tests/test_maxflow.py",
        "interpreted",
    ),
    "dagger": Group(("agents/algorithms/dagger.py",), "tests/test_imitation.py tests/test_resume_cloning.py"),
    "tracing expert": Group(("agents/baselines/tracing_expert.py",), "tests/test_tracing_expert.py"),
    "annotate": Group(
        tuple(f"cutout_rl/annotation/{name}.py" for name in ("annotated_folder", "written_files", "batches")),
        "tests/test_annotate.py tests/test_annotate_batches.py tests/test_annotate_keeps_work.py",
    ),
    "run folder": Group(
        ("cutout_rl/runs/run_folder.py", "cutout_rl/runs/run_record.py", "cutout_rl/utils/atomic_write.py"),
        "tests/test_run_folder.py tests/test_run_history.py tests/test_checkpoint.py",
    ),
    "statistics": Group(("experiments/statistics.py",), "tests/test_benchmark_statistics.py"),
}


def copy_checkout(folder: Path) -> None:
    """Copy the files that git knows or would, links included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(os.readlink(source))
        elif source.is_file():
            shutil.copy2(source, target)


def list_mutants(modules: tuple[str, ...], folder: Path) -> list[MutationSpec]:
    """List all mutants of some modules but those of the compiler's options."""
    database = WorkDB(str(folder / "mutants.sqlite"), WorkDB.Mode.create)
    init([Path(name) for name in modules], database, {})
    mutants = [mutant for item in database.work_items for mutant in item.mutations]
    database.close()
    lines = {Path(name): Path(name).read_text().splitlines() for name in modules}
    return sorted(
        (
            mutant
            for mutant in mutants
            if mutant.operator_name not in LEFT_OUT
            # Its options change how fast a kernel is and whether it is cached, not what it computes.
            and not lines[mutant.module_path][mutant.start_pos[0] - 1].startswith("@numba.njit")
        ),
        key=lambda mutant: (str(mutant.module_path), mutant.start_pos, mutant.operator_name, mutant.occurrence),
    )


def forget_kernels() -> None:
    """Remove the compiled kernels of the game and of what calls it; those of the segmenters call none of them."""
    for folder in Path(os.environ["NUMBA_CACHE_DIR"]).iterdir():
        if not folder.name.startswith(("segmenters_", "faces_")):
            shutil.rmtree(folder)


def try_group(name: str, sample: int, seed: int, scratch: Path) -> Counter[str]:
    """Try a random sample of a group's mutants in the current folder; print those that no test notices."""
    group = GROUPS[name]
    os.environ["NUMBA_DISABLE_JIT"] = str(int(group.kernels == "interpreted"))
    command = f"{shlex.quote(sys.executable)} -m pytest -q -x -p no:cacheprovider {group.tests}"
    started = time.monotonic()
    outcome, output = run_tests(command, 3600)
    if outcome != TestOutcome.SURVIVED:
        sys.exit(f"The tests of {name!r} fail without a mutant:\n{output}")
    limit = 60 + 5 * (time.monotonic() - started)
    mutants = list_mutants(group.modules, scratch)
    chosen = random.Random(f"{seed} {name}").sample(mutants, min(sample, len(mutants)))
    counts = Counter[str]()
    for mutant in chosen:
        if group.kernels == "anew":
            forget_kernels()
        result = mutate_and_test([mutant], command, limit)
        if result.worker_outcome == WorkerOutcome.NORMAL:
            counts[result.test_outcome.value] += 1
        if result.test_outcome == TestOutcome.SURVIVED:
            print(f"survived: {mutant.module_path}, {mutant.operator_name}\n{result.diff}\n", flush=True)
    print(f"{name}: {dict(counts)} of {len(mutants)} mutants, seed {seed}", flush=True)
    return counts


def main() -> None:
    """Parse the flags, try the mutants and print how many the tests have noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", default=list(GROUPS), help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--sample", type=int, default=20, help="mutants of each group, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "checkout"
        copy_checkout(copy)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = str(copy)
        os.environ["NUMBA_CACHE_DIR"] = str(Path(temporary) / "kernels")
        total = sum(
            (try_group(name, arguments.sample, arguments.seed, Path(temporary)) for name in arguments.groups),
            Counter[str](),
        )
    killed, survived = total["killed"], total["survived"]
    print(f"killed {killed} of {killed + survived}; of those that survived, look which are equivalent")


if __name__ == "__main__":
    main()
