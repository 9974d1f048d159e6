"""Request, list and cancel exports, and link to their files."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import dumps
from typing import Any, NamedTuple

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import FieldChange
from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import LINK_SECONDS, ExportJob, Format, Scope
from crm.domain.exports.transitions import EXPORT_STATES
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Busy, Conflict, Forbidden, NotFound
from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId, UserId
from crm.domain.kernel.jobs import JobPage
from crm.domain.kernel.permissions import Permission
from crm.domain.kernel.times import moment, stamp
from crm.domain.messages.catalogue import Locale
from crm.ports.exports import ExportRuns, Exports
from crm.ports.files import ExportFiles
from crm.ports.merchants import MerchantHistory

_ATTEMPTS = 3


class Link(NamedTuple):
    """A URL that serves a file to anyone until it expires."""

    url: str
    file_name: str
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """The customers, columns and format of a requested export, and whom to mail about it.

    `conditions` are those of the scope "filtered", `customer_ids` those of "selected".
    """

    scope: Scope
    format: Format
    columns: Sequence[str]
    locale: Locale
    masked: bool
    conditions: Mapping[str, Any] | None = None
    customer_ids: Collection[CustomerId] | None = None
    email: str | None = None


def request_export(
    merchant_id: MerchantId,
    export_id: ExportId,
    requested: ExportRequest,
    *,
    act: Act,
    exports: Exports,
    files: ExportFiles,
    runs: ExportRuns,
) -> ExportJob:
    """Store a new export and start it.

    If the start fails or the process dies before it, the table's stream starts the export.
    """
    chosen = requested.customer_ids
    ids = sorted(set(chosen)) if chosen is not None else None
    job = ExportJob(
        merchant_id=merchant_id,
        id=export_id,
        scope=requested.scope,
        format=requested.format,
        columns=tuple(requested.columns),
        locale=requested.locale,
        masked=requested.masked,
        filter=requested.conditions,
        selected=len(ids) if ids is not None else None,
        created_at=act.at,
        created_by=UserId(act.by.actor),
        email=requested.email,
    )
    if ids is not None:
        content = dumps(ids).encode()
        files.write(merchant_id, "exports", export_files.selection(export_id), content)
    exports.add(merchant_id, job)
    with suppress(Busy):
        runs.start(merchant_id, export_id)
    return job


def get_export(merchant_id: MerchantId, export_id: ExportId, *, exports: Exports) -> ExportJob:
    """Return an export with its progress."""
    return exports.get(merchant_id, export_id)


def list_exports(
    merchant_id: MerchantId, *, limit: int, before: ExportId | None, exports: Exports
) -> JobPage[ExportJob]:
    """Return the newest exports that are older than `before`."""
    return exports.newest(merchant_id, limit=limit, before=before)


def fetch_export(
    merchant_id: MerchantId,
    export_id: ExportId,
    *,
    act: Act,
    permissions: Collection[Permission],
    exports: Exports,
    files: ExportFiles,
    history: MerchantHistory,
) -> Link:
    """Return a link to the file, for callers with the permissions that the export needs.

    Each link is recorded in the merchant's history. Raises `Forbidden`, `Conflict` for an export
    without a file, or `NotFound` for an expired one.
    """
    job = exports.get(merchant_id, export_id)
    for permission in sorted(job.needs.difference(permissions)):
        raise Forbidden("permission_missing", permission=permission)
    if job.file is None or job.expires_at is None:
        raise Conflict("export_has_no_file")
    if job.expires_at <= act.at:
        raise NotFound("export_file_gone")
    history.add(merchant_id, export_line(job, "export_fetched", act.by, act.new_id(), act.at))
    url = files.link(merchant_id, "exports", job.file, save_as=job.file_name, seconds=LINK_SECONDS)
    last = min(act.now + timedelta(seconds=LINK_SECONDS), moment(job.expires_at))
    return Link(url, job.file_name, stamp(last))


def cancel_export(
    merchant_id: MerchantId, export_id: ExportId, *, now: datetime, exports: Exports
) -> ExportJob:
    """Cancel an export that has not ended; its workers notice and its parts are removed."""

    def attempt() -> ExportJob:
        job = exports.get(merchant_id, export_id)
        if EXPORT_STATES.repeats(job.status, "cancel"):
            return job
        return exports.replace(merchant_id, job, job.cancelled(stamp(now)))

    return retry_on_conflict(attempt, rounds=_ATTEMPTS, exhausted=Conflict("export_moving"))


def export_line(job: ExportJob, kind: ActivityKind, by: Author, line_id: str, at: str) -> Activity:
    """Return the line of the merchant's history about an export: who exported what."""
    values = {
        "export_id": job.id,
        "status": job.status,
        "scope": job.scope,
        "filter": job.filter,
        "format": job.format,
        "columns": list(job.columns),
        "masked": job.masked,
        "rows": job.rows,
    }
    changes = tuple(FieldChange(name, None, value) for name, value in values.items())
    return Activity(id=line_id, at=at, kind=kind, by=by, changes=changes)
