"""The route that links to the report of an import."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.kernel.ids import ImportId
from crm.http.api import Api
from crm.http.bodies import FileLinkAnswer
from crm.http.declarations import READ
from crm.http.responses import answer
from crm.ports.files import ExportFiles
from crm.ports.imports import Imports
from crm.usecases.imports.report_link import fetch_report

ImportPath = Annotated[str, Path(description="The id of an import.")]


def import_report_routes(app: Api, *, imports: Imports, files: ExportFiles) -> None:
    """Add `/imports/{import_id}/report`."""

    @app.get(
        "/imports/<import_id>/report",
        permission="customers:import",
        answers=FileLinkAnswer,
        failures=(*READ, HTTPStatus.CONFLICT),
    )
    def report(import_id: ImportPath) -> Response[str]:
        link = fetch_report(
            app.merchant_id, ImportId(import_id), now=app.now(), imports=imports, files=files
        )
        return answer(link._asdict())
