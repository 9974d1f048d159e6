"""End an export: set its final status, add a line to the merchant's history, send one mail."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import STOPPED, ExportJob
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import ExportId, MerchantId, derived_ulid
from crm.domain.kernel.jobs import Failure, mail_status
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
    """End an export once: finished, failed with the code `failure`, or cancelled earlier.

    An execution that does not own the export ends nothing. The files of its parts are removed.
    """
    try:
        job = exports.get(merchant_id, export_id)
    except NotFound:
        return None
    if job.execution not in {None, execution}:
        return job
    if not job.ended:
        job = exports.replace(merchant_id, job, _final(job, failure, stamp(now)))
    _add_to_history(job, history)
    _remove_files(job, exports, files)
    return _send_mail(job, exports, mailer)


def _final(job: ExportJob, failure: str | None, at: str) -> ExportJob:
    if failure is None and job.is_written:
        return job.finished(at)
    return job.failed(Failure(failure or STOPPED), at)


def _add_to_history(job: ExportJob, history: MerchantHistory) -> None:
    at = job.finished_at or job.created_at
    line_id = derived_ulid(moment(at), "export", job.id)
    by = Author("web", job.created_by)
    history.add(job.merchant_id, export_line(job, "exported", by, line_id, at))


def _remove_files(job: ExportJob, exports: Exports, files: ExportFiles) -> None:
    """Remove the parts and the selection, and the file of an export that did not finish."""
    parts = exports.parts(job.merchant_id, job.id)
    names = {part.name for part in parts if part.name}
    if job.selected is not None:
        names.add(export_files.selection(job.id))
    if job.status != "finished":
        names |= {export_files.manifest(job.id), *([job.file] if job.file else [])}
    if names:
        files.remove(job.merchant_id, "exports", names)


def _send_mail(job: ExportJob, exports: Exports, mailer: Mailer) -> ExportJob:
    """Send the mail of an ended export once; a cancelled export sends none."""
    if job.mail != "none" or job.email is None or job.status == "cancelled":
        return job
    mail = mail_status(partial(mailer.export_ended, job.merchant_id, job))
    return exports.replace(job.merchant_id, job, replace(job, mail=mail))
