"""`python -m cutout_rl.agents.push AGENT OWNER/NAME`: upload a pretrained agent to the Hugging Face hub."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import tyro
from rich.console import Console

from cutout_rl.agents.publish import MAX_BYTES
from cutout_rl.agents.training.checkpoint import read_checkpoint
from cutout_rl.data.reported_images import name_images
from cutout_rl.runs.pretrained import find_run
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.untrusted_file import read_file

if TYPE_CHECKING:
    from huggingface_hub import HfApi

# What playing needs and the card shows: JSON, CSV, PNG and safetensors, so nothing is executed when it is read.
FILES: Final = ("best.safetensors", "run.json", "table.json", "validation.csv", "curves.png")
_CARD: Final = "README.md"


@dataclass(frozen=True)
class PushArguments:
    """Upload a pretrained agent to the Hugging Face hub: weights, record, figures, and the card with metadata."""

    agent: Annotated[str, tyro.conf.Positional]
    """Name of a pretrained agent, or a folder written by cutout_rl.agents.publish."""
    repository: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="OWNER/NAME")]
    """Repository of the hub; it is created if it does not exist."""
    license: str = "mit"
    """Licence of the weights, in the hub's spelling; it must be compatible with the training images."""
    private: bool = False
    """Make a new repository private."""


def main() -> None:
    """Parse the flags and upload all files in one commit."""
    arguments = parse_arguments(PushArguments, "agents.push")
    try:
        from huggingface_hub import HfApi
    except ModuleNotFoundError as error:
        raise CutOutError(f"Pushing needs {error.name}; install it with pip install 'cutout-rl[hub]'.") from None
    agent = find_run(arguments.agent)
    files = {_CARD: card_of(agent, arguments.repository, arguments.license).encode(), **files_of(agent)}
    console = Console(soft_wrap=True, highlight=False)
    with console.status(f"pushing {sum(map(len, files.values())):,} bytes"):
        url = push(HfApi(), arguments.repository, files, arguments.private)
    console.print(f"pushed {', '.join(files)}: {url}")


def files_of(agent: RunFolder) -> dict[str, bytes]:
    """Read the files that are uploaded beside the card, by name.

    Raises:
        CutOutError: a file is missing, or the weights are damaged or exceed 10 MB.
    """
    files = {name: _read(agent, name) for name in FILES}
    read_checkpoint(agent.path / "best.safetensors")
    if len(files["best.safetensors"]) > MAX_BYTES:
        raise CutOutError(f"The weights of {agent.path} exceed {MAX_BYTES:,} bytes; train a smaller network.")
    return files


def card_of(agent: RunFolder, repository: str, license: str) -> str:
    """Return an agent's card for the hub, with metadata and with commands that download the agent first.

    Args:
        agent: a folder written by `cutout_rl.agents.publish`.
        repository: OWNER/NAME on the hub.
        license: of the weights, in the hub's spelling.

    Raises:
        CutOutError: the folder contains no published agent, or a file is damaged.
    """
    from huggingface_hub import EvalResult, ModelCardData

    config = agent.config()
    algo, name, folder = config["algo"], agent.path.name, repository.partition("/")[2]
    try:
        card = _read(agent, _CARD).decode("utf-8")
        rows: list[dict[str, Any]] = json.loads(_read(agent, "table.json"))
        first = rows[0]["first_image"]
        images = name_images(rows[0]["split"], range(first, first + rows[0]["images"]))
        results = [
            EvalResult(
                task_type="reinforcement-learning",
                dataset_type="cutout_rl/CutOut-v0",
                dataset_name=f"{config['data']}, {images}",
                dataset_split=row["split"],
                metric_type="mean_iou",
                metric_name=row["player"].replace(algo, "final IoU", 1),
                metric_value=round(row["final_iou"], 4),
            )
            for row in rows
            if row["player"] == algo or row["player"].startswith(f"{algo}, ")  # the others are references
        ]
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ):  # a table of an older version lacks the range of the images
        raise CutOutError(f"{agent.path}/table.json is damaged or old; publish the run again.") from None
    data = ModelCardData(
        license=license,
        library_name="cutout-rl",
        pipeline_tag="reinforcement-learning",
        tags=["reinforcement-learning", "interactive-segmentation", "image-segmentation", algo],
        metrics=["mean_iou"],
        model_name=folder,
        eval_results=results,
    )
    fetch = f"```\nhf download {repository} --local-dir {folder}\n"
    body = card.replace("```\n", fetch, 1).replace(f"--pretrained {name}", folder)
    return f"---\n{data.to_yaml()}\n---\n\n{body}"


def push(api: "HfApi", repository: str, files: dict[str, bytes], private: bool) -> str:
    """Commit files to a repository of the hub; create it if it does not exist.

    Args:
        api: client of the hub.
        repository: OWNER/NAME.
        files: contents by name.
        private: whether a new repository is private.

    Returns:
        The commit's URL.

    Raises:
        CutOutError: the name is invalid, there is no token, or the hub cannot be reached or refuses the request.
    """
    from httpx2 import HTTPError
    from huggingface_hub import CommitOperationAdd, get_token
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    if repository.count("/") != 1:
        raise CutOutError(f"The repository {repository!r} must have the form OWNER/NAME.")
    if get_token() is None:
        raise CutOutError(
            "There is no token for the hub; create one with write access in your settings there, and provide it by"
            " hf auth login or in HF_TOKEN."
        )
    try:
        api.create_repo(repository, private=private, exist_ok=True)
        operations = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=content) for name, content in files.items()]
        return api.create_commit(repository, operations, commit_message="An agent of CutOut-RL").commit_url
    except HfHubHTTPError as error:
        reason = (error.server_message or f"status {error.response.status_code}").splitlines()[0]
        raise CutOutError(f"The hub refused {repository}: {reason.rstrip('.')}.") from None
    except (HTTPError, OfflineModeIsEnabled) as error:
        raise CutOutError(f"The hub cannot be reached at {api.endpoint} ({type(error).__name__}).") from None
    except HFValidationError as error:
        raise CutOutError(
            f"{repository!r} is not a valid name for the hub: {str(error).splitlines()[0].rstrip('.')}."
        ) from None


def _read(agent: RunFolder, name: str) -> bytes:
    file = agent.path / name
    if not file.exists():
        raise CutOutError(
            f"{agent.path} contains no published agent ({file} is missing); create one from a run with"
            " python -m cutout_rl.agents.publish RUN NAME."
        )
    return read_file(file, str(file), remedy="publish the run again")


if __name__ == "__main__":
    run_command(main)
