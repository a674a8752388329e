"""The studies of the 2017 report, reproduced: `python -m cutout_rl.experiments.report`."""
