"""HTTP: possible duplicates, merges and their undo."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.duplicates.routes import duplicate_routes
from crm.http.merges.routes import merge_routes
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.duplicates import blocking_key_index, pairs
from crm.runtime.adapters.merges import merges
from crm.runtime.api import api, cursors
from crm.runtime.observability import log_invocation
from crm.usecases.duplicates.detection import DetectionPorts
from crm.usecases.duplicates.pairs import Duplicates
from crm.usecases.merges.merges import MergePorts

app = api()
ports = MergePorts(customers(), changesets(), merges())
duplicates = Duplicates(DetectionPorts(customers(), blocking_key_index(), pairs()), ports)
merge_routes(app, ports=ports, cursors=cursors())
duplicate_routes(app, duplicates=duplicates, cursors=cursors())


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
