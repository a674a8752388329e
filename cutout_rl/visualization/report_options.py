"""The flags of `cutout_rl.visualize`, which need no plotting library."""

from dataclasses import dataclass, field
from pathlib import Path

from cutout_rl.evaluation.agent_options import AgentOptions
from cutout_rl.players.baselines import baselines_with_role
from cutout_rl.utils.ranges import Count


@dataclass(frozen=True)
class ReportOptions(AgentOptions):
    """Write an HTML report about an agent.

    It shows episodes, heat maps, saliency, activations, checkpoints, and a comparison with baselines. index.html needs
    no other file; its figures are also written as SVG and PDF, its film as GIF and WebM.
    """

    episodes: Count = 6
    """Number of episodes to draw one by one."""
    images: Count = 60
    """Number of images to average over; fewer where the split has fewer."""
    beside: tuple[str, ...] = field(default_factory=lambda: baselines_with_role("expert"))
    """Baselines to compare the agent with, by their names in the entry-point group cutout_rl.baselines."""
    demonstrations: Path | None = None
    """Folder of recorded play, by a user for instance, to compare the agent with on the same images."""
    sampled: bool = False
    """Sample the actions instead of taking the most likely ones."""
    out: Path | None = None
    """Folder to write to. Default: RUN/visualize, or runs/NAME/visualize for a pretrained agent."""

    def folder(self) -> Path:
        """Return the folder to write to; a pretrained agent's own folder lies among the installed packages."""
        home = self.find_run().path if self.pretrained is None else Path("runs", self.pretrained)
        return self.out or home / "visualize"

    @property
    def agent_name(self) -> str:
        """The agent's name in titles: that of the pretrained agent or the run, and how it plays."""
        name = self.pretrained or self.find_run().path.name
        return f"{name} ({'sampled' if self.sampled else 'greedy'})"
