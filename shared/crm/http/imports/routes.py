"""The routes that start, list and show imports; the file itself is uploaded to S3."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from crm.domain.idempotency.requests import Attempt
from crm.domain.imports.progress import RowOutcome
from crm.domain.kernel.ids import ImportId
from crm.domain.kernel.paging import Cursor
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors
from crm.http.imports.answers import import_answer, row_answer, started_answer
from crm.http.imports.models import (
    ImportAnswer,
    ImportCreate,
    ImportPageAnswer,
    ImportRowsAnswer,
    StartedImportAnswer,
)
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer, answer_page
from crm.ports.files import FileStore
from crm.ports.imports import Imports
from crm.usecases.imports.imports import (
    ImportRequest,
    StartedImport,
    get_import,
    list_imports,
    resume_upload,
    start_import,
)
from crm.usecases.imports.outcomes import RowPosition, list_rows

ImportPath = Annotated[str, Path(description="The id of an import.")]
OutcomeFilter = Annotated[
    RowOutcome | None,
    Query(
        description="Only rows of one outcome. `reverted` and `kept` are those that taking the"
        " import back undid, or left as somebody changed them since."
    ),
]


def import_routes(app: Api, *, imports: Imports, files: FileStore, cursors: Cursors) -> None:
    """Add the routes of `/imports`, of one import and of its rows."""

    def show(import_id: str) -> Response[str]:
        started = resume_upload(
            app.merchant_id, ImportId(import_id), now=app.now(), imports=imports, files=files
        )
        return _answer_with(started, app.caller)

    @app.post(
        "/imports",
        permission="customers:import",
        answers=StartedImportAnswer,
        status=HTTPStatus.CREATED,
        once=show,
    )
    def start(attempt: Attempt, body: ImportCreate) -> Response[str]:
        caller = app.caller
        if body.kind == "points" or body.opening_balances:
            caller.require("loyalty:adjust")
        started = start_import(
            app.merchant_id,
            ImportId(attempt.created_id),
            ImportRequest(
                file_name=body.file_name,
                mode=body.mode,
                mapping=body.mapping,
                kind=body.kind,
                dry_run=body.dry_run,
                opening_balances=body.opening_balances,
                email=caller.email,
                locale=caller.locale,
            ),
            act=attempt.act,
            imports=imports,
            files=files,
        )
        return _answer_with(started, caller)

    @app.get("/imports", permission="customers:read", answers=ImportPageAnswer)
    def newest(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        page_cursors = cursors.of(app.merchant_id, {"list": "imports"})
        last = page_cursors.read(cursor)
        page = list_imports(
            app.merchant_id,
            limit=limit,
            before=ImportId(last.tiebreak) if last else None,
            now=app.now(),
            imports=imports,
        )
        items = [import_answer(job, app.caller.locale) for job in page.items]
        following = page_cursors.after(
            page.items, lambda job: Cursor(job.created_at, job.id), more=page.more
        )
        return answer_page(items, following)

    @app.get("/imports/<import_id>", permission="customers:read", answers=ImportAnswer)
    def get(import_id: ImportPath) -> Response[str]:
        job = get_import(app.merchant_id, ImportId(import_id), now=app.now(), imports=imports)
        return answer(import_answer(job, app.caller.locale))

    @app.get("/imports/<import_id>/rows", permission="customers:read", answers=ImportRowsAnswer)
    def rows(
        import_id: ImportPath,
        outcome: OutcomeFilter = None,
        limit: Limit = 50,
        cursor: CursorQuery = "",
    ) -> Response[str]:
        binding = {"list": "import rows", "import": import_id, "outcome": outcome or ""}
        page_cursors = cursors.of(app.merchant_id, binding)
        after = page_cursors.read(cursor)
        page = list_rows(
            app.merchant_id,
            ImportId(import_id),
            outcome=outcome,
            limit=limit,
            after=RowPosition(int(after.value), int(after.tiebreak)) if after else None,
            now=app.now(),
            imports=imports,
            files=files,
        )
        items = [row_answer(row, app.caller) for row in page.items]
        end = page.next and Cursor(str(page.next.chunk), str(page.next.number))
        return answer_page(items, page_cursors.write(end))


def _answer_with(started: StartedImport, caller: MerchantContext) -> Response[str]:
    body = started_answer(started, caller.locale)
    return answer(body, HTTPStatus.CREATED, location=f"/imports/{started.job.id}")
