"""Record bounces and complaints of emails at the job they were about."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from crm.domain.kernel.errors import Busy, NotFound
from crm.domain.kernel.ids import ExportId, ImportId, MerchantId
from crm.domain.kernel.jobs import MailStatus
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
    with suppress(NotFound):
        if bounce.kind == "import":
            importing = imports.get(bounce.merchant_id, ImportId(bounce.job_id))
            if _is_sent(importing.mail):
                imports.replace(bounce.merchant_id, importing, replace(importing, mail="failed"))
        else:
            exporting = exports.get(bounce.merchant_id, ExportId(bounce.job_id))
            if _is_sent(exporting.mail):
                exports.replace(bounce.merchant_id, exporting, replace(exporting, mail="failed"))


def _suppress(
    merchant_id: MerchantId, addresses: Iterable[str], now: datetime, suppressions: Suppressions
) -> None:
    for address in addresses:
        suppressions.add(merchant_id, address, until=now + QUIET)


def _is_sent(mail: MailStatus) -> bool:
    """Tell whether a mail is marked as sent; raise `Busy` if it is not marked yet."""
    if mail == "none":
        raise Busy("busy")
    return mail == "sent"
