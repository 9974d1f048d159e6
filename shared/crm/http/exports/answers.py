"""API representation of exports."""

from typing import Any

from crm.domain.exports.job import ExportJob
from crm.domain.messages.catalogue import Locale, text


def export_answer(job: ExportJob, locale: Locale) -> dict[str, Any]:
    """Return the body of `ExportAnswer`; failures are described in the caller's language."""
    failure = job.failure
    finished = job.status == "finished"
    return {
        "id": job.id,
        "status": job.status,
        "scope": job.scope,
        "filter": dict(job.filter) if job.filter is not None else None,
        "format": job.format,
        "columns": list(job.columns),
        "locale": job.locale,
        "masked": job.masked,
        "progress": {"read": job.read, "total": job.rows},
        "rows": job.rows,
        "selected": job.selected,
        "ignored": job.ignored,
        "file_name": job.file_name,
        "bytes": job.bytes if finished else None,
        "sha256": job.sha256 if finished else None,
        "rows_sha256": job.rows_sha256 if finished else None,
        "from": job.since,
        "to": job.until,
        "failure": {"code": failure.code, "detail": text(failure.code, locale, failure.params)}
        if failure
        else None,
        "mail": job.mail,
        "created_by": job.created_by,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "expires_at": job.expires_at,
    }
