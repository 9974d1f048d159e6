"""HTTP: who may be one person, records of one person made one, and parted again."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.routes.duplicates import duplicate_routes
from crm.http.routes.merges import merge_routes
from crm.runtime.adapters import cursors, customers, lookalikes, merges, movements, pairs
from crm.runtime.api import api
from crm.runtime.observing import logger
from crm.usecases.duplicates import Duplicates
from crm.usecases.merges import Merging
from crm.usecases.radar import Radar

app = api()
merging = Merging(customers(), movements(), merges())
duplicates = Duplicates(Radar(customers(), lookalikes(), pairs()), merging)
merge_routes(app, merging=merging, cursors=cursors())
duplicate_routes(app, duplicates=duplicates, cursors=cursors())


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
