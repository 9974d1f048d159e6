"""HTTP: templates for imports."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.files.imports.templates import build_template
from crm.http.imports.template_routes import import_template_routes
from crm.runtime.adapters.imports import files
from crm.runtime.adapters.merchants import groups
from crm.runtime.api import api
from crm.runtime.observability import log_invocation

app = api()
import_template_routes(app, groups=groups(), files=files(), build=build_template)


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
