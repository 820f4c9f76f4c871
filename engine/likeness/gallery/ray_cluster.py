"""Connection to a Ray cluster, for work that goes to many machines; Ray is an extra, imported when asked."""

import logging
import socket
from typing import Any

from likeness.errors import LikenessError

CALL_S = 5.0


def connect_cluster(address: str, refusal: type[LikenessError]) -> Any:
    """Connect this process to a Ray cluster and return the module `ray`; `ray.shutdown()` ends that.

    Args:
        address: of the cluster, as `ray.init` takes it; "local" starts one on this machine.
        refusal: what is raised.

    Raises:
        LikenessError: of the kind `refusal`: Ray is not installed, or nobody answers at the address.
    """
    _check_address(address, refusal)
    try:
        import ray
    except ModuleNotFoundError as error:
        raise refusal('--ray needs Ray, which is not installed: pip install "likeness-live[ray]"') from error
    try:
        ray.init(address=address, log_to_driver=False, include_dashboard=False, logging_level=logging.WARNING)
    # Ray raises classes of its own and of gRPC.
    except Exception as error:
        raise refusal(f"no Ray cluster at {address}: {error}; start one with: ray start --head") from error
    return ray


def _check_address(address: str, refusal: type[LikenessError]) -> None:
    """Raise if nobody listens at the address: Ray would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        # An IPv6 address stands in brackets.
        socket.create_connection((host.strip("[]"), int(port)), CALL_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise refusal(f"no Ray cluster at {address}: {error}; start one with: ray start --head") from error
