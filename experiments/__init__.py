"""The benchmark, the studies of the 2017 report, and other studies."""
