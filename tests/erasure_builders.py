"""A backend with the privacy ports in any engine, and workers killed at their port calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm.aws.duplicates.pairs import DynamoPairs
from crm.aws.dynamodb.table import Table
from crm.aws.privacy.personal_data import DynamoPersonalDataRows
from crm.aws.privacy.requests import DynamoPrivacyRequests
from crm.domain.customers.customer import Address, Customer, Identity
from crm.domain.kernel.ids import CustomerId
from crm.domain.privacy.personal_data import PersonalDataRow
from crm.domain.privacy.requests import PrivacyRequest, RequestKind
from crm.ports.duplicates import Pairs
from crm.ports.exports import Exports
from crm.ports.files import FileVersions
from crm.ports.imports import Imports
from crm.ports.privacy import PersonalDataRows, PrivacyRequests
from crm.usecases.customers.timeline import add_note
from crm.usecases.privacy.erasure import ErasureStartPorts, erase_customer
from crm.usecases.privacy.erasure_steps import ErasurePorts, Progress, continue_erasure
from crm.usecases.privacy.requests import NewRequest, RequestPorts, create_privacy_request
from tests.builders import MERCHANT, Ids, a_customer, an_act, customer_id, moment
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
from tests.order_builders import Backend, an_incoming_customer, an_order

SETTLE_SECONDS = 60
ANH, BINH = customer_id(1), customer_id(2)
PHONE = Identity("phone", "+84912345678")
HOME = {"line": "12 Lý Thường Kiệt", "recipient": "Nguyễn Thị Ánh"}
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

    def start_ports(self, kill: Kill | None = None) -> ErasureStartPorts:
        """Return the ports that start an erasure, which a kill may interrupt."""
        ports = self.ports(kill)
        return ErasureStartPorts(
            fingerprints=FINGERPRINTS,
            customers=ports.customers,
            merchants=self.backend.merchants,
            requests=ports.requests,
            runs=self.runs,
        )

    @property
    def request_ports(self) -> RequestPorts:
        """The ports that record privacy requests."""
        return RequestPorts(self.backend.customers, self.backend.merchants, self.requests)

    def start(
        self, customer_id: CustomerId, request_id: str | None = None, kill: Kill | None = None
    ) -> PrivacyRequest:
        """Start the erasure of a customer: strip the records."""
        return erase_customer(
            MERCHANT,
            customer_id,
            request_id=request_id,
            act=an_act(now=self.now(), ids=self.ids),
            ports=self.start_ports(kill),
        )

    def request(self, customer_id: CustomerId, kind: RequestKind) -> PrivacyRequest:
        """Create a request of a customer."""
        act = an_act(now=self.now(), ids=self.ids)
        return create_privacy_request(
            MERCHANT,
            act.new_id(),
            NewRequest(customer_id=customer_id, kind=kind),
            act=act,
            ports=self.request_ports,
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


def anh(**fields: Any) -> Customer:
    """Return a customer with personal data."""
    ordinary: dict[str, Any] = {
        "code": "KH000901",
        "phone": PHONE.value,
        "email": "anh@example.vn",
        "card_code": "TV0001",
        "external_ids": {"haravan": "1009"},
        "birthday": "1990-05-17",
        "gender": "female",
        "note": "Gọi sau 18 giờ",
        "tags": ("sỉ",),
        "group": "vip",
        "addresses": (Address(id="a-1", line="12 Lý Thường Kiệt", is_default=True),),
    }
    return a_customer(1, **{**ordinary, **fields})


def add_order_and_note(privacy: PrivacyBackend, number: int = 1) -> None:
    """Add an order under the phone, and a note."""
    privacy.backend.take(
        an_order(number, shipping_address=HOME), an_incoming_customer(f"e-{number}")
    )
    act = an_act(now=moment(number), ids=privacy.ids)
    add_note(
        MERCHANT,
        ANH,
        act.new_id(),
        "Ánh thích trà",
        act=act,
        activities=privacy.backend.activities,
    )


def rows(privacy: PrivacyBackend, whose: CustomerId, limit: int = 3) -> list[PersonalDataRow]:
    """Return the rows beside a record, read in small pages."""
    found: list[PersonalDataRow] = []
    after: str | None = None
    while True:
        page = privacy.personal_data.page(MERCHANT, whose, limit=limit, after=after)
        found += page.items
        after = page.next
        if after is None:
            return found


def personal_fields(privacy: PrivacyBackend, whose: CustomerId) -> list[tuple[str, ...]]:
    """Return the personal fields in the rows beside a record."""
    return [row.personal for row in rows(privacy, whose) if row.personal]
