"""An import as the API answers it, and the cursors of the list of imports."""

from typing import Any

from crm.domain.ids import CustomerId, ImportId, MerchantId
from crm.domain.imports import ImportJob, ImportPage
from crm.domain.lists import Position
from crm.domain.messages import Locale, text
from crm.http.cursors import Cursors
from crm.usecases.imports import StartedImport

_BINDING = {"list": "imports"}


def import_answer(job: ImportJob, locale: Locale) -> dict[str, Any]:
    """Return an import, as `ImportAnswer` documents it; a reason is in the caller's language."""
    failure = job.failure
    return {
        "id": job.id,
        "status": job.status,
        "mode": job.mode,
        "kind": "customers",
        "dry_run": False,
        "file_name": job.file_name,
        "progress": {
            "total": job.total,
            "read": job.read,
            "planned": job.planned,
            "applied": job.applied,
        },
        "result": job.result.by_outcome() if job.result else None,
        "plan_hash": None,
        "failure": {"code": failure.code, "detail": text(failure.code, locale, failure.params)}
        if failure
        else None,
        "mail": job.mail,
        "report_available": False,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def started_answer(started: StartedImport, locale: Locale) -> dict[str, Any]:
    """Return a new import and the form by which its file is sent, while it waits for one."""
    form = started.form
    upload = form and {
        "url": form.url,
        "fields": dict(form.fields),
        "expires_at": started.expires_at,
    }
    return {**import_answer(started.job, locale), "upload": upload}


def older_than(merchant_id: MerchantId, cursors: Cursors, cursor: str) -> ImportId | None:
    """Return the import that a page starts after, or raise `InvalidParameter`."""
    return ImportId(cursors.read(merchant_id, _BINDING, cursor).id) if cursor else None


def cursor_after(merchant_id: MerchantId, cursors: Cursors, page: ImportPage) -> str | None:
    """Return the cursor of what comes after a page, if anything does."""
    if not page.more:
        return None
    last = page.items[-1]
    position = Position(last.created_at, CustomerId(last.id))
    return cursors.write(merchant_id, _BINDING, position)
