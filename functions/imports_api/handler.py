"""HTTP: imports, started and watched; the file itself goes straight to S3."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.ids import ImportId
from crm.http.api import answer, answers
from crm.http.import_answers import cursor_after, import_answer, older_than, upload_answer
from crm.http.import_models import (
    ImportAnswer,
    ImportCreate,
    ImportPageAnswer,
    StartedImportAnswer,
)
from crm.runtime.adapters import cursors
from crm.runtime.api import api
from crm.runtime.clock import new_id, now
from crm.runtime.imports import files, imports
from crm.runtime.observing import logger
from crm.usecases.imports import get_import, list_imports, start_import

app = api()
jobs, store, signed = imports(), files(), cursors()


@app.post(
    "/imports",
    responses=answers(StartedImportAnswer, HTTPStatus.CREATED, failures=(415, 422)),
)
def start(body: ImportCreate) -> Response[str]:
    caller = app.caller
    caller.require("customers:import")
    at = now()
    started = start_import(
        caller.merchant_id,
        ImportId(new_id(at)),
        file_name=body.file_name,
        mode=body.mode,
        by=caller.user_id,
        email=caller.email,
        locale=caller.locale,
        now=at,
        imports=jobs,
        files=store,
    )
    shown = {**import_answer(started.job, caller.locale), "upload": upload_answer(started)}
    return answer(shown, HTTPStatus.CREATED, {"Location": f"/imports/{started.job.id}"})


@app.get("/imports", responses=answers(ImportPageAnswer))
def newest(
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str, Query(description="`next_cursor` of the page before.")] = "",
) -> Response[str]:
    caller = app.caller
    caller.require("customers:read")
    before = older_than(caller.merchant_id, signed, cursor)
    page = list_imports(caller.merchant_id, limit=limit, before=before, imports=jobs)
    items = [import_answer(job, caller.locale) for job in page.items]
    following = cursor_after(caller.merchant_id, signed, page)
    return answer({"items": items, "next_cursor": following})


@app.get("/imports/<import_id>", responses=answers(ImportAnswer, failures=(404,)))
def get(import_id: Annotated[str, Path(description="The id of an import.")]) -> Response[str]:
    caller = app.caller
    caller.require("customers:read")
    job = get_import(caller.merchant_id, ImportId(import_id), imports=jobs)
    return answer(import_answer(job, caller.locale))


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
