"""The routes that commit, cancel and revert an import."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from crm.domain.kernel.ids import ImportId
from crm.http.api import ACTION, Api, answer, answers
from crm.http.caller import MerchantContext
from crm.http.imports.answers import import_answer
from crm.http.imports.models import ImportAnswer, ImportCommit
from crm.http.imports.routes import ImportPath
from crm.ports.imports import ImportRuns, Imports
from crm.usecases.imports.decisions import cancel_import, commit_import, revert_import


def import_decision_routes(app: Api, *, imports: Imports, runs: ImportRuns) -> None:
    """Add the routes that commit, cancel or revert an import."""

    @app.post(
        "/imports/<import_id>/commit",
        responses=answers(ImportAnswer, HTTPStatus.ACCEPTED, failures=ACTION),
    )
    @app.repeatable
    def commit(import_id: ImportPath, body: ImportCommit) -> Response[str]:
        caller = _decider(app, import_id, imports)
        job = commit_import(
            caller.merchant_id,
            ImportId(import_id),
            body.plan_hash,
            now=app.now(),
            imports=imports,
            runs=runs,
        )
        return answer(import_answer(job, caller.locale), HTTPStatus.ACCEPTED)

    @app.post("/imports/<import_id>/cancel", responses=answers(ImportAnswer, failures=ACTION))
    @app.repeatable
    def cancel(import_id: ImportPath) -> Response[str]:
        caller = app.caller_with("customers:import")
        job = cancel_import(
            caller.merchant_id, ImportId(import_id), now=app.now(), imports=imports
        )
        return answer(import_answer(job, caller.locale))

    @app.post(
        "/imports/<import_id>/revert",
        responses=answers(ImportAnswer, HTTPStatus.ACCEPTED, failures=ACTION),
    )
    @app.repeatable
    def revert(import_id: ImportPath) -> Response[str]:
        caller = _decider(app, import_id, imports)
        job = revert_import(
            caller.merchant_id, ImportId(import_id), now=app.now(), imports=imports, runs=runs
        )
        return answer(import_answer(job, caller.locale), HTTPStatus.ACCEPTED)


def _decider(app: Api, import_id: str, imports: Imports) -> MerchantContext:
    """Return the caller, who needs `loyalty:adjust` for an import that moves points."""
    caller = app.caller_with("customers:import")
    job = imports.get(caller.merchant_id, ImportId(import_id))
    if job.options.moves_points:
        caller.require("loyalty:adjust")
    return caller
