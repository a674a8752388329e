"""The latency of the page: the time from a stroke's event to its mask."""
