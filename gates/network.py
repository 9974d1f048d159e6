"""Restrict a process to connections within this machine."""

import socket
from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any


class NetworkRefusedError(AssertionError):
    """The process tried to reach another machine."""


def refuse() -> None:
    """Permanently restrict this process's sockets to the loopback."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name), _host_of_address))
    socket.getaddrinfo = _guarded(socket.getaddrinfo, _host_of_name)


def _host_of_address(_: socket.socket, address: object) -> object:
    return address[0] if isinstance(address, tuple) else None


def _host_of_name(host: object, *_: object, **__: object) -> object:
    return host


def _guarded[**P, R](reach: Callable[P, R], host_of: Callable[..., Any]) -> Callable[P, R]:
    @wraps(reach)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        host = host_of(*args, **kwargs)
        if not _is_local(host):
            raise NetworkRefusedError(f"{host!r} is not on this machine")
        return reach(*args, **kwargs)

    return guarded


def _is_local(host: object) -> bool:
    if host in {None, "", "localhost", b"localhost"}:
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False
