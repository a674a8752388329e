"""Larger images."""

from typing import Final

from experiments.report.image_size.analysis import claims
from experiments.report.image_size.sweep import FOUND, SWEEP
from experiments.report.trained import trained_study

STUDY: Final = trained_study("Image size", "figure 15", FOUND, SWEEP, claims)
