"""The route that links to a template for imports."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.domain.imports.templates import TemplateKind
from crm.http.api import Api
from crm.http.bodies import FileLinkAnswer
from crm.http.responses import answer
from crm.ports.customers import MerchantGroups
from crm.ports.files import ExportFiles
from crm.ports.imports import BuildTemplate
from crm.usecases.imports.templates import make_template

Format = Annotated[TemplateKind, Query(alias="format", description="The kind of file.")]
Columns = Annotated[
    str,
    Query(
        description="Ids of columns in the order in which they shall stand, between commas; all"
        " columns if absent. At least one of full_name, family_name, given_name, phone, email.",
        max_length=1000,
        examples=["full_name,phone,email,birthday"],
    ),
]


def import_template_routes(
    app: Api, *, groups: MerchantGroups, files: ExportFiles, build: BuildTemplate
) -> None:
    """Add `/imports/template`."""

    @app.get("/imports/template", permission="customers:import", answers=FileLinkAnswer)
    def template(kind: Format = "xlsx", columns: Columns = "") -> Response[str]:
        link = make_template(
            app.merchant_id,
            kind=kind,
            columns=[each.strip() for each in columns.split(",") if each.strip()],
            locale=app.caller.locale,
            now=app.now(),
            groups=groups,
            files=files,
            build=build,
        )
        return answer(link._asdict())
