"""`python -m cutout_rl.visualize RUN`, or `--pretrained NAME`: an HTML report about an agent."""

from rich.console import Console

from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.visualization.report_options import ReportOptions


def main() -> None:
    """Parse the flags, play, draw, and write the report."""
    options = parse_arguments(ReportOptions, "visualize")
    # Imported here because Matplotlib takes a second to load, which --help does not need.
    from cutout_rl.visualization.agent_report import draw_report
    from cutout_rl.visualization.html import write_page

    console = Console()
    folder = options.folder()
    title, chapters = draw_report(options, folder, console)
    page = folder / "index.html"
    write_page(title, chapters, page)
    for picture in (picture for chapter in chapters for picture in chapter.pictures):
        console.print(f"wrote {picture.path}")
    console.print(f"wrote {page}")


if __name__ == "__main__":
    run_command(main)
