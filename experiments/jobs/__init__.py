"""Jobs that compute scores, and the processes that run them: on this machine or on a Ray cluster."""
