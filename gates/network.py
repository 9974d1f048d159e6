"""A process that cannot reach beyond this machine, so that nothing in it can by accident."""

import sys
from ipaddress import ip_address


class NetworkRefusedError(AssertionError):
    """Something reached for what is not on this machine."""


def refuse() -> None:
    """Let no socket of this process leave the loopback, for as long as the process lives."""
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if not _is_here(host):
        raise NetworkRefusedError(f"{event} of {host!r}: this process stays on this machine")


def _is_here(host: object) -> bool:
    if host in {None, "", "localhost", b"localhost"}:
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False
