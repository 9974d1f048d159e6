"""The ports of the use cases that record privacy requests and start erasures."""

from functools import cache

from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.privacy import fingerprints, requests
from crm.runtime.executions import erasure_runs
from crm.usecases.privacy.erasure import ErasureStartPorts
from crm.usecases.privacy.requests import RequestPorts


@cache
def request_ports() -> RequestPorts:
    """Return the ports that record privacy requests and put them into effect."""
    return RequestPorts(customers(), merchants(), requests())


@cache
def erasure_start_ports() -> ErasureStartPorts:
    """Return the ports that start an erasure."""
    return ErasureStartPorts(
        fingerprints=fingerprints(),
        customers=customers(),
        merchants=merchants(),
        requests=requests(),
        runs=erasure_runs(),
    )
