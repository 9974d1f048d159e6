"""HTTP: create, follow, commit, cancel and revert imports."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.imports.decision_routes import import_decision_routes
from crm.http.imports.report_routes import import_report_routes
from crm.http.imports.routes import import_routes
from crm.runtime.adapters.imports import files, imports
from crm.runtime.api import api, cursors
from crm.runtime.executions import import_runs
from crm.runtime.observability import log_invocation

app = api()
import_routes(app, imports=imports(), files=files(), cursors=cursors())
import_report_routes(app, imports=imports(), files=files())
import_decision_routes(app, imports=imports(), runs=import_runs())


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
