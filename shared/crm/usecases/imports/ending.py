"""End an import: store its result or failure, release the lock, send one mail."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import sum_of
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.jobs import Failure, mail_status
from crm.domain.kernel.times import stamp
from crm.ports.events import Mailer
from crm.ports.imports import Imports


def finish_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    execution: str,
    failure: str | None,
    now: datetime,
    imports: Imports,
    mailer: Mailer,
) -> ImportJob | None:
    """End an import, once: finished, reverted, or failed with the code `failure`.

    An execution other than the import's own, such as one started by a repeated event, ends
    nothing. An import that awaits its commit stays so; a cancelled one gets its applied rows.
    """
    try:
        job = imports.get(merchant_id, import_id)
    except NotFound:
        return None
    if not job.is_run_by(execution) or job.status == "awaiting_commit":
        return job
    after = _ended(job, failure, now, imports)
    if after != job:
        job = imports.replace(merchant_id, job, after)
    imports.release_lock(merchant_id, import_id)
    return _send_mail(job, imports, mailer)


def _ended(job: ImportJob, failure: str | None, now: datetime, imports: Imports) -> ImportJob:
    if job.status == "reverting":
        if failure is not None:
            return job.revert_stopped()
        return job.reverted(sum_of(imports.recorded(job.merchant_id, job.id, "reverted").values()))
    if job.ended and not job.is_stopping:
        return job
    applied = sum_of(imports.recorded(job.merchant_id, job.id, "applied").values())
    if job.is_stopping:
        return job.stopped(applied, stamp(now))
    if failure is None:
        return job.finished(applied, stamp(now))
    return job.failed(Failure(failure), applied, stamp(now))


def _send_mail(job: ImportJob, imports: Imports, mailer: Mailer) -> ImportJob:
    """Send the mail of an ended import unless it was sent; a refused mail changes nothing else.

    A cancelled or reverted import sends none.
    """
    if job.mail != "none" or job.email is None or job.status not in {"finished", "failed"}:
        return job
    mail = mail_status(partial(mailer.import_ended, job.merchant_id, job))
    return imports.replace(job.merchant_id, job, replace(job, mail=mail))
