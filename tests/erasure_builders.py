"""A backend with the privacy ports in any engine, and workers killed at their port calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm.aws.duplicates.pairs import DynamoPairs
from crm.aws.dynamodb.table import Table
from crm.aws.privacy.personal_data import DynamoPersonalDataRows
from crm.aws.privacy.requests import DynamoPrivacyRequests
from crm.domain.kernel.ids import CustomerId
from crm.domain.privacy.requests import PrivacyRequest, RequestKind
from crm.ports.duplicates import Pairs
from crm.ports.exports import Exports
from crm.ports.files import FileVersions
from crm.ports.imports import Imports
from crm.ports.privacy import PersonalDataRows, PrivacyRequests
from crm.usecases.privacy.erasure import erase_customer
from crm.usecases.privacy.erasure_steps import ErasurePorts, Progress, continue_erasure
from crm.usecases.privacy.requests import create_privacy_request
from tests.builders import LAN, MERCHANT, Ids, moment
from tests.engines.faults import KilledError
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.duplicates import InMemoryPairs
from tests.fakes.exports import InMemoryExports
from tests.fakes.imports import InMemoryFiles, InMemoryImports
from tests.fakes.privacy import (
    InMemoryPersonalDataRows,
    InMemoryPrivacyRequests,
    InMemoryVersions,
    RecordedErasures,
)
from tests.import_builders import FINGERPRINTS
from tests.order_builders import Backend

SETTLE_SECONDS = 60
_MOST_STEPS = 200


class Kill:
    """Raises `KilledError` at the n-th call of its ports, before or after its effect; once."""

    def __init__(self, at: int = 0, *, after: bool = False) -> None:
        self._left = at
        self._after = after

    def wrap(self, port: Any) -> Any:
        """Return the port with its calls counted."""
        return _Wrapped(port, self)

    def wrap_call(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call of a port that may be killed."""

        def wrapped(*positional: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise KilledError
            answer = call(*positional, **named)
            if self._left == 0:
                raise KilledError
            return answer

        return wrapped


class _Wrapped:
    def __init__(self, port: Any, kill: Kill) -> None:
        self._port = port
        self._kill = kill

    def __getattr__(self, name: str) -> Any:
        return self._kill.wrap_call(getattr(self._port, name))


@dataclass
class PrivacyBackend:
    """A merchant's backend with the ports and use cases of privacy requests and erasure."""

    backend: Backend
    requests: PrivacyRequests
    personal_data: PersonalDataRows
    pairs: Pairs
    imports: Imports = field(default_factory=InMemoryImports)
    exports: Exports = field(default_factory=InMemoryExports)
    files: InMemoryFiles = field(default_factory=InMemoryFiles)
    runs: RecordedErasures = field(default_factory=RecordedErasures)

    def __post_init__(self) -> None:
        self.clock = moment(600)
        self.versions: FileVersions = InMemoryVersions(self.files)
        self.ids = Ids("privacy")

    def now(self) -> datetime:
        """Return a moment that is a second later each time."""
        self.clock += timedelta(seconds=1)
        return self.clock

    def ports(self, kill: Kill | None = None) -> ErasurePorts:
        """Return the ports of an erasure, which a kill may interrupt."""
        wrap = (kill or Kill()).wrap
        return ErasurePorts(
            fingerprints=FINGERPRINTS,
            customers=wrap(self.backend.customers),
            requests=wrap(self.requests),
            personal_data=wrap(self.personal_data),
            pairs=wrap(self.pairs),
            merges=wrap(self.backend.merges),
            exports=wrap(self.exports),
            imports=wrap(self.imports),
            files=wrap(self.versions),
            export_files=wrap(self.versions),
        )

    def start(
        self, customer_id: CustomerId, request_id: str | None = None, kill: Kill | None = None
    ) -> PrivacyRequest:
        """Start the erasure of a customer: strip the records."""
        ports = self.ports(kill)
        return erase_customer(
            MERCHANT,
            customer_id,
            request_id=request_id,
            by=LAN,
            now=self.now(),
            new_id=self.ids,
            fingerprints=FINGERPRINTS,
            customers=ports.customers,
            merchants=self.backend.merchants,
            privacy=ports.requests,
            runs=self.runs,
        )

    def request(self, customer_id: CustomerId, kind: RequestKind) -> PrivacyRequest:
        """Create a request of a customer."""
        return create_privacy_request(
            MERCHANT,
            self.ids(self.now()),
            customer_id,
            kind,
            received_at=None,
            third_party=False,
            by=LAN,
            now=self.now(),
            customers=self.backend.customers,
            merchants=self.backend.merchants,
            privacy=self.requests,
        )

    def step(
        self, request_id: str, kill: Kill | None = None, *, settled: bool = False
    ) -> Progress:
        """Continue an erasure for one call of a worker."""
        return continue_erasure(
            MERCHANT,
            request_id,
            settled=settled,
            settle_seconds=SETTLE_SECONDS,
            now=self.now(),
            ports=self.ports(kill),
        )

    def finish(self, request_id: str) -> list[int]:
        """Continue an erasure to its end; return the waits in seconds."""
        waited: list[int] = []
        settled = False
        for _ in range(_MOST_STEPS):
            progress = self.step(request_id, settled=settled)
            if progress.done:
                return waited
            settled = progress.settled
            if progress.wait_seconds:
                waited.append(progress.wait_seconds)
                self.clock += timedelta(seconds=progress.wait_seconds)
        raise AssertionError("the erasure does not end")

    def erase(self, customer_id: CustomerId) -> PrivacyRequest:
        """Erase a customer completely."""
        request = self.start(customer_id)
        self.finish(request.id)
        return self.requests.get(MERCHANT, request.id)


def privacy_backend(backend: Backend, table: Table | None) -> PrivacyBackend:
    """Return the privacy ports of a backend, stored in the same engine."""
    if table is not None:
        return PrivacyBackend(
            backend,
            DynamoPrivacyRequests(table),
            DynamoPersonalDataRows(table),
            DynamoPairs(table),
        )
    assert isinstance(backend.customers, InMemoryCustomers)
    assert isinstance(backend.changesets, InMemoryChangesets)
    rows = InMemoryPersonalDataRows(backend.customers.history, backend.changesets)
    return PrivacyBackend(backend, InMemoryPrivacyRequests(), rows, InMemoryPairs())
