"""HTTP: create, follow, cancel and download exports."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.exports.routes import export_routes
from crm.runtime.adapters.exports import exports, files
from crm.runtime.adapters.merchants import history
from crm.runtime.adapters.views import views
from crm.runtime.api import api, cursors
from crm.runtime.executions import export_runs
from crm.runtime.observability import log_invocation

app = api()
export_routes(
    app,
    exports=exports(),
    files=files(),
    runs=export_runs(),
    history=history(),
    views=views(),
    cursors=cursors(),
)


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
