"""The connection to a Ray cluster (Moritz et al., OSDI 2018)."""

import logging
import signal
import socket
import threading
from typing import Final

from cutout_rl.utils.errors import CutOutError

HERE: Final = "here"  # instead of an address: a cluster on this machine alone
_SECONDS_TO_CONNECT: Final = 5.0


def connect(address: str) -> None:
    """Connect this process to a cluster.

    Args:
        address: HOST:PORT, "auto" for the cluster that this machine belongs to, or "here" for one on this machine.

    Raises:
        CutOutError: Ray is not installed, or no cluster answers at the address.
    """
    try:
        import ray
        from ray.exceptions import RayError
    except ImportError:
        raise CutOutError("Ray is not installed; install it with pip install 'cutout-rl[ray]'.") from None
    handler = signal.getsignal(signal.SIGTERM)
    try:
        host, colon, port = address.rpartition(":")
        if colon:  # Ray itself would retry for minutes
            socket.create_connection((host, int(port)), _SECONDS_TO_CONNECT).close()
        ray.init(
            address=None if address == HERE else address,
            ignore_reinit_error=True,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (OSError, RayError, ValueError) as error:
        raise CutOutError(
            f"No Ray cluster answers at {address} ({error}); start one with `ray start --head`."
        ) from None
    if threading.current_thread() is threading.main_thread():  # Ray's own handler would exit without a checkpoint
        signal.signal(signal.SIGTERM, handler)
