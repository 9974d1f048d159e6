"""An import as the API answers it."""

from typing import Any, get_args

from crm.domain.customers.columns import COLUMNS_BY_ID
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow
from crm.domain.imports.progress import Undoing
from crm.domain.kernel.errors import Problem
from crm.domain.messages.catalogue import Locale, text
from crm.http.caller import MerchantContext
from crm.http.customers.activity_answers import changes_answer
from crm.usecases.imports.imports import StartedImport


def import_answer(job: ImportJob, locale: Locale) -> dict[str, Any]:
    """Return an import, as `ImportAnswer` documents it; a reason is in the caller's language."""
    failure, options, file, progress = job.failure, job.options, job.file, job.progress
    return {
        "id": job.id,
        "status": job.status,
        "mode": options.mode,
        "kind": options.kind,
        "dry_run": options.dry_run,
        "opening_balances": options.opening_balances,
        "file_name": file.name,
        "progress": {
            "total": progress.total,
            "read": progress.read,
            "planned": progress.planned,
            "applied": progress.applied,
        },
        "result": progress.result.by_outcome() if progress.result else None,
        "plan_hash": job.decision.plan_hash,
        "plan_expires_at": job.decision.plan_expires_at,
        "revert": {name: progress.undone.rows.get(name, 0) for name in get_args(Undoing)}
        if progress.undone
        else None,
        "ignored_columns": list(file.ignored_columns),
        "hidden_sheets": list(file.hidden_sheets),
        "hidden_rows": file.hidden_rows,
        "failure": {"code": failure.code, "detail": text(failure.code, locale, failure.params)}
        if failure
        else None,
        "mail": job.mail,
        "report_available": job.report is not None,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def started_answer(started: StartedImport, locale: Locale) -> dict[str, Any]:
    """Return a new import with the form that uploads its file, while it awaits one."""
    form = started.form
    upload = form and {
        "url": form.url,
        "fields": dict(form.fields),
        "expires_at": started.expires_at,
    }
    return {**import_answer(started.job, locale), "upload": upload}


def row_answer(row: PlannedRow, caller: MerchantContext) -> dict[str, Any]:
    """Return a row and its outcome, as `ImportRowAnswer` documents it."""
    reasons = (_reason(each, caller.locale) for each in (*row.problems, *row.notices))
    return {
        "row": row.number,
        "outcome": row.outcome,
        "customer_id": row.customer_id,
        "into": row.into,
        "changes": changes_answer(row.changes, caller),
        "reason": " ".join(reasons) or None,
    }


def _reason(problem: Problem, locale: Locale) -> str:
    """Return a reason, prefixed with the header of its column if it has one."""
    reason = text(problem.code, locale, problem.params)
    column = COLUMNS_BY_ID.get(problem.field)
    return f"{column.header(locale)}: {reason}" if column else reason
