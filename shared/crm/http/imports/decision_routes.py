"""The routes that commit, cancel and revert an import."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from crm.domain.kernel.ids import ImportId
from crm.http.api import Api
from crm.http.imports.answers import import_answer
from crm.http.imports.models import ImportAnswer, ImportCommit
from crm.http.imports.routes import ImportPath
from crm.http.responses import answer
from crm.ports.imports import ImportRuns, Imports
from crm.usecases.imports.decisions import cancel_import, commit_import, revert_import


def import_decision_routes(app: Api, *, imports: Imports, runs: ImportRuns) -> None:
    """Add the routes that commit, cancel or revert an import."""

    @app.post(
        "/imports/<import_id>/commit",
        permission="customers:import",
        answers=ImportAnswer,
        status=HTTPStatus.ACCEPTED,
        once=None,
    )
    def commit(import_id: ImportPath, body: ImportCommit) -> Response[str]:
        require_adjust(import_id)
        job = commit_import(
            app.merchant_id,
            ImportId(import_id),
            body.plan_hash,
            now=app.now(),
            imports=imports,
            runs=runs,
        )
        return answer(import_answer(job, app.caller.locale), HTTPStatus.ACCEPTED)

    @app.post(
        "/imports/<import_id>/cancel",
        permission="customers:import",
        answers=ImportAnswer,
        once=None,
    )
    def cancel(import_id: ImportPath) -> Response[str]:
        job = cancel_import(app.merchant_id, ImportId(import_id), now=app.now(), imports=imports)
        return answer(import_answer(job, app.caller.locale))

    @app.post(
        "/imports/<import_id>/revert",
        permission="customers:import",
        answers=ImportAnswer,
        status=HTTPStatus.ACCEPTED,
        once=None,
    )
    def revert(import_id: ImportPath) -> Response[str]:
        require_adjust(import_id)
        job = revert_import(
            app.merchant_id, ImportId(import_id), now=app.now(), imports=imports, runs=runs
        )
        return answer(import_answer(job, app.caller.locale), HTTPStatus.ACCEPTED)

    def require_adjust(import_id: str) -> None:
        """Raise `Forbidden` for an import that moves points unless the caller may adjust them."""
        if imports.get(app.merchant_id, ImportId(import_id)).options.moves_points:
            app.caller.require("loyalty:adjust")
