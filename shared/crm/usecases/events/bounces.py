"""Record bounces and complaints of emails at the job they were about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from crm.domain.kernel.errors import Busy, NotFound
from crm.domain.kernel.ids import ExportId, ImportId, MerchantId
from crm.ports.events import Suppressions
from crm.ports.exports import Exports
from crm.ports.imports import Imports

#: How long an address stays suppressed after a permanent bounce or a complaint.
QUIET = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A bounce or a complaint about the email of a job.

    `bounced` means that the email was not delivered, `permanent` that the next one would fail
    too or is unwanted.
    """

    merchant_id: MerchantId
    kind: Literal["import", "export"]
    job_id: str
    addresses: tuple[str, ...]
    bounced: bool
    permanent: bool


def record_bounce(
    bounce: Bounce,
    *,
    now: datetime,
    imports: Imports,
    exports: Exports,
    suppressions: Suppressions,
) -> None:
    """Mark a bounced email as failed at its job; suppress the addresses if it is permanent.

    The job's own result does not change, and a missing job is ignored. Raises `Busy` if the job
    is not marked as mailed yet.
    """
    if bounce.permanent:
        _suppress(bounce.merchant_id, bounce.addresses, now, suppressions)
    if not bounce.bounced:
        return
    try:
        if bounce.kind == "import":
            _mark_import(bounce, imports)
        else:
            _mark_export(bounce, exports)
    except NotFound:
        return


def _suppress(
    merchant_id: MerchantId, addresses: Iterable[str], now: datetime, suppressions: Suppressions
) -> None:
    for address in addresses:
        suppressions.add(merchant_id, address, until=now + QUIET)


def _mark_import(bounce: Bounce, imports: Imports) -> None:
    job = imports.get(bounce.merchant_id, ImportId(bounce.job_id))
    if job.mail == "none":
        raise Busy("busy")
    if job.mail == "sent":
        imports.replace(bounce.merchant_id, job, replace(job, mail="failed"))


def _mark_export(bounce: Bounce, exports: Exports) -> None:
    job = exports.get(bounce.merchant_id, ExportId(bounce.job_id))
    if job.mail == "none":
        raise Busy("busy")
    if job.mail == "sent":
        exports.replace(bounce.merchant_id, job, replace(job, mail="failed"))
