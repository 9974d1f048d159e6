"""An export job: its limits, progress, manifest and which customers it includes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.customers.listed import ListedCustomer
from crm.domain.exports.transitions import EXPORT_STATES, Event, Status
from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId, UserId
from crm.domain.kernel.jobs import Failure, MailStatus
from crm.domain.kernel.permissions import Permission
from crm.domain.kernel.times import DEFAULT_ZONE, day_of, moment, stamp
from crm.domain.lists.conditions import Conditions
from crm.domain.lists.filters import Filter, conditions_of, filter_from_json
from crm.domain.messages.catalogue import Locale

Scope = Literal["all", "filter", "selected"]
Format = Literal["xlsx", "csv"]

MOST_SELECTED = 10_000
LINK_SECONDS = 15 * 60
KEPT = timedelta(days=7)
#: Rows of a sheet, without its header.
ROWS_A_SHEET = 1_048_575

#: The failure of an export whose execution failed or was stopped.
STOPPED = "export_stopped"
#: The failure of an export that may have contained an erased person.
ERASED = "export_erased"

_ENDED = frozenset({"finished", "failed", "cancelled"})


class ReadPart(NamedTuple):
    """Rows of a bucket in a file of their own; `last` is None at the end of the bucket."""

    bucket: str
    number: int
    name: str
    rows: int
    last: CustomerId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """One export of one merchant. `revision` counts its writes; `rows` is None until all are read.

    Customers are read between `since` and `until`; the filter counts days in `zone`.
    """

    merchant_id: MerchantId
    id: ExportId
    status: Status = "queued"
    scope: Scope
    format: Format
    columns: tuple[str, ...]
    locale: Locale
    masked: bool
    filter: Mapping[str, Any] | None = None
    selected: int | None = None
    created_at: str
    created_by: UserId
    email: str | None
    zone: str = DEFAULT_ZONE
    execution: str | None = None
    since: str | None = None
    until: str | None = None
    read: int = 0
    rows: int | None = None
    file: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    rows_sha256: str | None = None
    failure: Failure | None = None
    mail: MailStatus = "none"
    finished_at: str | None = None
    revision: int = 1

    @property
    def ended(self) -> bool:
        """Tell whether the export is finished, failed or cancelled."""
        return self.status in _ENDED

    @property
    def is_written(self) -> bool:
        """Tell whether its file is completely written."""
        return self.sha256 is not None

    @property
    def expires_at(self) -> str | None:
        """When its file is removed, if it has one."""
        if self.status != "finished" or self.finished_at is None:
            return None
        return stamp(moment(self.finished_at) + KEPT)

    @property
    def ignored(self) -> int | None:
        """How many selected ids are not active customers of the merchant; None until read."""
        if self.selected is None or self.rows is None:
            return None
        return self.selected - self.rows

    @property
    def needs(self) -> frozenset[Permission]:
        """The permissions required to fetch the file: those that its creator used."""
        exporting: frozenset[Permission] = frozenset({"customers:export"})
        return exporting if self.masked else exporting | {"customers:manage"}

    @property
    def file_name(self) -> str:
        """The name under which the file is saved; it contains no personal data."""
        created = day_of(self.created_at, self.zone)
        return f"{'khach-hang' if self.locale == 'vi' else 'customers'}-{created}.{self.format}"

    def may_be_read_by(self, execution: str) -> bool:
        """Tell whether an execution may start or continue this export."""
        own = self.status == "queued" or self.execution == execution
        return own and EXPORT_STATES.allows(self.status, "read")

    def reading(self, execution: str, zone: str, at: str) -> "ExportJob":
        """Return the job as read by an execution; `since` stays that of its first start."""
        since = self.since or at
        status = self._after("read")
        return replace(self, status=status, execution=execution, zone=zone, since=since)

    def writing(self, rows: int, at: str) -> "ExportJob":
        """Return the job after all its rows are read."""
        until = self.until or at
        return replace(self, status=self._after("write"), rows=rows, read=rows, until=until)

    def named(self, file: str) -> "ExportJob":
        """Return the job with the name of its file, before the file is stored."""
        return replace(self, file=file)

    def written(self, file: str, size: int, sha256: str, rows_sha256: str) -> "ExportJob":
        """Return the job with its file."""
        return replace(self, file=file, bytes=size, sha256=sha256, rows_sha256=rows_sha256)

    def finished(self, at: str) -> "ExportJob":
        """Return the job as finished."""
        return replace(self, status=self._after("finish"), finished_at=at)

    def failed(self, failure: Failure, at: str) -> "ExportJob":
        """Return the job as failed, without a file."""
        return replace(self, status=self._after("fail"), failure=failure, finished_at=at)

    def cancelled(self, at: str) -> "ExportJob":
        """Return the job as cancelled, without a file."""
        return replace(self, status=self._after("cancel"), finished_at=at)

    def erased(self, at: str) -> "ExportJob":
        """Return the job as failed, because its file may contain an erased person."""
        failure = Failure(ERASED)
        return replace(self, status=self._after("erase"), failure=failure, finished_at=at)

    def _after(self, event: Event) -> Status:
        return EXPORT_STATES.after(self.status, event)


class SnapshotFilter:
    """Select the customers of an export as of its start, from each customer as read later."""

    def __init__(self, job: ExportJob) -> None:
        since = job.since or job.created_at
        query = filter_from_json(job.filter) if job.filter is not None else Filter()
        today: date = day_of(since, job.zone)
        self._since = since
        self._conditions: Conditions = conditions_of(query, today=today, zone=job.zone)

    def includes(self, customer: Customer) -> bool:
        """Tell whether a customer existed at the start and matches the filter."""
        if customer.created_at > self._since:
            return False
        return any(self._conditions.hold(_listed(each)) for each in self._variants(customer))

    def _variants(self, customer: Customer) -> Iterator[Customer]:
        """Yield the customer with each status that they had since the start.

        A customer archived or merged since then was active at the start; an erased customer is
        never exported under their earlier status.
        """
        yield customer
        changed = customer.status_since is not None and customer.status_since > self._since
        if changed and customer.status != "erased":
            yield replace(customer, status="archived" if customer.status == "active" else "active")


def manifest_of(job: ExportJob) -> dict[str, Any]:
    """Return the provenance of a file: creator, selection, times, row and byte counts, hashes."""
    return {
        "export_id": job.id,
        "merchant_id": job.merchant_id,
        "by": job.created_by,
        "scope": job.scope,
        "filter": job.filter,
        "selected": job.selected,
        "ignored": job.ignored,
        "columns": list(job.columns),
        "format": job.format,
        "locale": job.locale,
        "zone": job.zone,
        "masked": job.masked,
        "from": job.since,
        "to": job.until,
        "rows": job.rows,
        "bytes": job.bytes,
        "sha256": job.sha256,
        "rows_sha256": job.rows_sha256,
    }


def _listed(customer: Customer) -> ListedCustomer:
    """Return the customer in the form that list filters evaluate."""
    address = customer.default_address
    if address is None:
        return ListedCustomer(customer)
    return ListedCustomer(customer, None, address.province_code, address.ward_code)
