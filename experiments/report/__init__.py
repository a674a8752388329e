"""The 2017 report again, study by study: `python -m cutout_rl.experiments.report`."""
