"""End an export: its file or its failure, a line in the merchant's history, one mail."""

from dataclasses import replace
from datetime import datetime

from crm.domain.customers.customer import Author
from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import STOPPED, ExportJob
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import ExportId, MerchantId, derived_ulid
from crm.domain.kernel.jobs import Failure, MailRefused, MailStatus
from crm.domain.kernel.times import moment, stamp
from crm.ports.events import Mailer
from crm.ports.exports import Exports
from crm.ports.files import ExportFiles
from crm.ports.merchants import MerchantHistory
from crm.usecases.exports.exports import export_line


def finish_export(
    merchant_id: MerchantId,
    export_id: ExportId,
    *,
    execution: str,
    failure: str | None,
    now: datetime,
    exports: Exports,
    files: ExportFiles,
    history: MerchantHistory,
    mailer: Mailer,
) -> ExportJob | None:
    """End an export, once: finished, failed for the reason of that code, or given up before.

    An execution that is not the export's own ends nothing. What it was read into is removed.
    """
    try:
        job = exports.get(merchant_id, export_id)
    except NotFound:
        return None
    if job.execution not in {None, execution}:
        return job
    if not job.ended:
        job = exports.replace(merchant_id, job, _ended(job, failure, stamp(now)))
    _record(job, history)
    _clear(job, exports, files)
    return _told(job, exports, mailer)


def _ended(job: ExportJob, failure: str | None, at: str) -> ExportJob:
    if failure is None and job.is_written:
        return job.finished(at)
    return job.failed(Failure(failure or STOPPED), at)


def _record(job: ExportJob, history: MerchantHistory) -> None:
    at = job.finished_at or job.created_at
    line_id = derived_ulid(moment(at), "export", job.id)
    by = Author("web", job.created_by)
    history.add(job.merchant_id, export_line(job, "exported", by, line_id, at))


def _clear(job: ExportJob, exports: Exports, files: ExportFiles) -> None:
    """Remove what workers left each other, and the file of an export that did not finish."""
    parts = exports.parts(job.merchant_id, job.id)
    names = {part.name for part in parts if part.name}
    if job.selected is not None:
        names.add(export_files.selection(job.id))
    if job.status != "finished":
        names |= {export_files.manifest(job.id), *([job.file] if job.file else [])}
    if names:
        files.remove(job.merchant_id, "exports", names)


def _told(job: ExportJob, exports: Exports, mailer: Mailer) -> ExportJob:
    """Send the mail of an ended export unless it was sent; who gave it up needs none."""
    if job.mail != "none" or job.email is None or job.status == "cancelled":
        return job
    mail: MailStatus = "sent"
    try:
        mailer.export_ended(job.merchant_id, job)
    except MailRefused:
        mail = "failed"
    return exports.replace(job.merchant_id, job, replace(job, mail=mail))
