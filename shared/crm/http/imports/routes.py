"""The routes that start, list and show imports; the file itself is uploaded to S3."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from crm.domain.imports.progress import RowOutcome
from crm.domain.kernel.ids import ImportId
from crm.domain.kernel.paging import Cursor
from crm.http.api import CREATE, READ, Api, answer, answers
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
from crm.http.job_pages import cursor_after, older_than
from crm.http.parameters import CursorQuery
from crm.ports.files import FileStore
from crm.ports.imports import Imports
from crm.usecases.imports.imports import (
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
Limit = Annotated[int, Query(ge=1, le=100)]


def import_routes(app: Api, *, imports: Imports, files: FileStore, cursors: Cursors) -> None:
    """Add the routes of `/imports`, of one import and of its rows."""

    def show(import_id: str) -> Response[str]:
        caller = app.caller
        return _answer_with(
            resume_upload(
                caller.merchant_id,
                ImportId(import_id),
                now=app.now(),
                imports=imports,
                files=files,
            ),
            caller,
        )

    @app.post(
        "/imports", responses=answers(StartedImportAnswer, HTTPStatus.CREATED, failures=CREATE)
    )
    @app.once(show)
    def start(body: ImportCreate) -> Response[str]:
        caller = _importer(app, body)
        at = app.now()
        started = start_import(
            caller.merchant_id,
            ImportId(app.new_id(at)),
            file_name=body.file_name,
            mode=body.mode,
            mapping=body.mapping,
            kind=body.kind,
            dry_run=body.dry_run,
            opening_balances=body.opening_balances,
            by=caller.user_id,
            email=caller.email,
            locale=caller.locale,
            now=at,
            imports=imports,
            files=files,
        )
        return _answer_with(started, caller)

    @app.get("/imports", responses=answers(ImportPageAnswer))
    def newest(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        caller = app.caller_with("customers:read")
        before = older_than(caller.merchant_id, cursors, "imports", cursor)
        page = list_imports(
            caller.merchant_id,
            limit=limit,
            before=ImportId(before) if before else None,
            now=app.now(),
            imports=imports,
        )
        items = [import_answer(job, caller.locale) for job in page.items]
        last = page.items[-1] if page.more else None
        following = cursor_after(caller.merchant_id, cursors, "imports", last)
        return answer({"items": items, "next_cursor": following})

    @app.get("/imports/<import_id>", responses=answers(ImportAnswer, failures=READ))
    def get(import_id: ImportPath) -> Response[str]:
        caller = app.caller_with("customers:read")
        job = get_import(caller.merchant_id, ImportId(import_id), now=app.now(), imports=imports)
        return answer(import_answer(job, caller.locale))

    @app.get("/imports/<import_id>/rows", responses=answers(ImportRowsAnswer, failures=READ))
    def rows(
        import_id: ImportPath,
        outcome: OutcomeFilter = None,
        limit: Limit = 50,
        cursor: CursorQuery = "",
    ) -> Response[str]:
        caller = app.caller_with("customers:read")
        binding = {"list": "import rows", "import": import_id, "outcome": outcome or ""}
        after = cursors.read(caller.merchant_id, binding, cursor) if cursor else None
        page = list_rows(
            caller.merchant_id,
            ImportId(import_id),
            outcome=outcome,
            limit=limit,
            after=RowPosition(int(after.value), int(after.tiebreak)) if after else None,
            now=app.now(),
            imports=imports,
            files=files,
        )
        items = [row_answer(row, caller) for row in page.items]
        following = page.next and cursors.write(
            caller.merchant_id,
            binding,
            Cursor(str(page.next.chunk), str(page.next.number)),
        )
        return answer({"items": items, "next_cursor": following})


def _importer(app: Api, body: ImportCreate) -> MerchantContext:
    """Return the caller, who needs `loyalty:adjust` for an import that moves points."""
    caller = app.caller_with("customers:import")
    if body.kind == "points" or body.opening_balances:
        caller.require("loyalty:adjust")
    return caller


def _answer_with(started: StartedImport, caller: MerchantContext) -> Response[str]:
    headers = {"Location": f"/imports/{started.job.id}"}
    return answer(started_answer(started, caller.locale), HTTPStatus.CREATED, headers)
