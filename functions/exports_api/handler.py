"""HTTP: create, follow, cancel and download exports."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.exports.routes import export_routes
from crm.runtime.adapters import cursors, views
from crm.runtime.api import api
from crm.runtime.export_runs import export_runs
from crm.runtime.exports import exports, files, history
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
