"""A personal-data desk over any engine, and whoever dies at its work."""

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
from crm.usecases.privacy.requests import ask_privacy
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
_STRETCHES = 200


class Death:
    """Kills whoever makes the n-th call of its ports, before or after its effect; once."""

    def __init__(self, at: int = 0, *, after: bool = False) -> None:
        self._left = at
        self._after = after

    def over(self, port: Any) -> Any:
        """Return a port like this one that death has a hand in."""
        return _Mortal(port, self)

    def meets(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call of a port as it comes to pass."""

        def called(*said: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise KilledError
            made = call(*said, **named)
            if self._left == 0:
                raise KilledError
            return made

        return called


class _Mortal:
    def __init__(self, port: Any, death: Death) -> None:
        self._port = port
        self._death = death

    def __getattr__(self, name: str) -> Any:
        return self._death.meets(getattr(self._port, name))


@dataclass
class Office:
    """A merchant's book with the desk that erases people of it."""

    backend: Backend
    requests: PrivacyRequests
    held: PersonalDataRows
    pairs: Pairs
    imports: Imports = field(default_factory=InMemoryImports)
    exports: Exports = field(default_factory=InMemoryExports)
    files: InMemoryFiles = field(default_factory=InMemoryFiles)
    runs: RecordedErasures = field(default_factory=RecordedErasures)

    def __post_init__(self) -> None:
        self.clock = moment(600)
        self.versions: FileVersions = InMemoryVersions(self.files)
        self.ids = Ids("desk")

    def now(self) -> datetime:
        """Return a moment that is a second later each time."""
        self.clock += timedelta(seconds=1)
        return self.clock

    def ports(self, death: Death | None = None) -> ErasurePorts:
        """Return the ports of an erasure, mortal if death is about."""
        over = (death or Death()).over
        return ErasurePorts(
            fingerprints=FINGERPRINTS,
            customers=over(self.backend.customers),
            requests=over(self.requests),
            held=over(self.held),
            pairs=over(self.pairs),
            merges=over(self.backend.merges),
            exports=over(self.exports),
            imports=over(self.imports),
            files=over(self.versions),
            export_files=over(self.versions),
        )

    def ask(
        self, customer_id: CustomerId, asked: str | None = None, death: Death | None = None
    ) -> PrivacyRequest:
        """Ask for somebody to be erased."""
        ports = self.ports(death)
        return erase_customer(
            MERCHANT,
            customer_id,
            asked=asked,
            by=LAN,
            now=self.now(),
            new_id=self.ids,
            fingerprints=FINGERPRINTS,
            customers=ports.customers,
            merchants=self.backend.merchants,
            privacy=ports.requests,
            runs=self.runs,
        )

    def told(self, customer_id: CustomerId, kind: RequestKind) -> PrivacyRequest:
        """Take down what somebody asked for."""
        return ask_privacy(
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

    def carry_on(
        self, request_id: str, death: Death | None = None, *, settled: bool = False
    ) -> Progress:
        """Let a worker go one stretch."""
        return continue_erasure(
            MERCHANT,
            request_id,
            settled=settled,
            settle_seconds=SETTLE_SECONDS,
            now=self.now(),
            ports=self.ports(death),
        )

    def carry_out(self, request_id: str) -> list[int]:
        """Let workers go on to the end; return how long they waited each time."""
        waited: list[int] = []
        settled = False
        for _ in range(_STRETCHES):
            progress = self.carry_on(request_id, settled=settled)
            if progress.done:
                return waited
            settled = progress.settled
            if progress.wait_seconds:
                waited.append(progress.wait_seconds)
                self.clock += timedelta(seconds=progress.wait_seconds)
        raise AssertionError("the erasure came to no end")

    def erase(self, customer_id: CustomerId) -> PrivacyRequest:
        """Erase somebody, to the end."""
        request = self.ask(customer_id)
        self.carry_out(request.id)
        return self.requests.get(MERCHANT, request.id)


def office_of(backend: Backend, table: Table | None) -> Office:
    """Return the desk of a book, kept where the book is kept."""
    if table is not None:
        return Office(
            backend,
            DynamoPrivacyRequests(table),
            DynamoPersonalDataRows(table),
            DynamoPairs(table),
        )
    assert isinstance(backend.customers, InMemoryCustomers)
    assert isinstance(backend.changesets, InMemoryChangesets)
    held = InMemoryPersonalDataRows(backend.customers.history, backend.changesets)
    return Office(backend, InMemoryPrivacyRequests(), held, InMemoryPairs())
