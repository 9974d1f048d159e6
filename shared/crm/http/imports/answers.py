"""An import as the API answers it."""

from typing import Any, get_args

from crm.domain.customers.columns import COLUMNS_BY_ID
from crm.domain.imports.job import ImportJob, Undoing
from crm.domain.imports.plan import PlannedRow
from crm.domain.kernel.errors import Problem
from crm.domain.messages.catalogue import Locale, text
from crm.http.caller import MerchantContext
from crm.http.customers.activity_answers import changes_answer
from crm.usecases.imports.imports import StartedImport


def import_answer(job: ImportJob, locale: Locale) -> dict[str, Any]:
    """Return an import, as `ImportAnswer` documents it; a reason is in the caller's language."""
    failure = job.failure
    return {
        "id": job.id,
        "status": job.status,
        "mode": job.mode,
        "kind": job.kind,
        "dry_run": job.dry_run,
        "opening_balances": job.opening_balances,
        "file_name": job.file_name,
        "progress": {
            "total": job.total,
            "read": job.read,
            "planned": job.planned,
            "applied": job.applied,
        },
        "result": job.result.by_outcome() if job.result else None,
        "plan_hash": job.plan_hash,
        "plan_expires_at": job.plan_expires_at,
        "revert": {name: job.undone.rows.get(name, 0) for name in get_args(Undoing)}
        if job.undone
        else None,
        "ignored_columns": list(job.ignored_columns),
        "hidden_sheets": list(job.hidden_sheets),
        "hidden_rows": job.hidden_rows,
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
