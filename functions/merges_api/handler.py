"""HTTP: records of one person made one, and parted again."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.routes.merges import merge_routes
from crm.runtime.adapters import cursors, customers, merges, movements
from crm.runtime.api import api
from crm.runtime.observing import logger
from crm.usecases.merges import Merging

app = api()
merge_routes(app, merging=Merging(customers(), movements(), merges()), cursors=cursors())


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
