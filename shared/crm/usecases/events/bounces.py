"""What becomes of a mail that came back, or of one that was called unwanted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from crm.domain.kernel.errors import Busy, NotFound
from crm.domain.kernel.ids import ExportId, ImportId, MerchantId
from crm.ports.events import Suppressions
from crm.ports.exports import Exports
from crm.ports.imports import Imports

#: For how long nothing more is sent to an address that came back.
QUIET = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """News of one mail: whose it was, the job that it was about, and what is wrong.

    It came `back`, so nobody read it; `for_good` says that the next one would end the same way.
    """

    merchant_id: MerchantId
    kind: Literal["import", "export"]
    job_id: str
    addresses: tuple[str, ...]
    back: bool
    for_good: bool


def record_bounce(
    bounce: Bounce,
    *,
    now: datetime,
    imports: Imports,
    exports: Exports,
    suppressions: Suppressions,
) -> None:
    """Tell of a mail that failed at the job it was about; send no more where that is for good.

    Raises `Busy` for a mail whose job does not know of it yet; the job itself stands all the same.
    """
    if bounce.for_good:
        _quieten(bounce.merchant_id, bounce.addresses, now, suppressions)
    if not bounce.back:
        return
    try:
        if bounce.kind == "import":
            _of_import(bounce, imports)
        else:
            _of_export(bounce, exports)
    except NotFound:
        return


def _quieten(
    merchant_id: MerchantId, addresses: Iterable[str], now: datetime, suppressions: Suppressions
) -> None:
    for address in addresses:
        suppressions.add(merchant_id, address, until=now + QUIET)


def _of_import(bounce: Bounce, imports: Imports) -> None:
    job = imports.get(bounce.merchant_id, ImportId(bounce.job_id))
    if job.mail == "none":
        raise Busy("busy")
    if job.mail == "sent":
        imports.replace(bounce.merchant_id, job, replace(job, mail="failed"))


def _of_export(bounce: Bounce, exports: Exports) -> None:
    job = exports.get(bounce.merchant_id, ExportId(bounce.job_id))
    if job.mail == "none":
        raise Busy("busy")
    if job.mail == "sent":
        exports.replace(bounce.merchant_id, job, replace(job, mail="failed"))
