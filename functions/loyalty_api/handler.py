"""HTTP: the loyalty program, rewards, memberships and points."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.loyalty.membership_routes import ledger_routes, membership_routes, redemption_routes
from crm.http.loyalty.routes import program_routes, reward_routes
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.loyalty import points, programs, recomputes, rewards
from crm.runtime.adapters.merchants import groups, merchants
from crm.runtime.adapters.walks import walk
from crm.runtime.api import api, cursors
from crm.runtime.executions import recompute_runs
from crm.runtime.observability import log_invocation

app = api()
changeset_store, points_ledger, reward_catalogue, signed_cursors = (
    changesets(),
    points(),
    rewards(),
    cursors(),
)
program_routes(
    app,
    programs=programs(),
    groups=groups(),
    merchants=merchants(),
    walk=walk(),
    recomputes=recomputes(),
    runs=recompute_runs(),
)
reward_routes(app, rewards=reward_catalogue, cursors=signed_cursors)
membership_routes(app, changesets=changeset_store)
ledger_routes(app, changesets=changeset_store, points=points_ledger, cursors=signed_cursors)
redemption_routes(
    app,
    changesets=changeset_store,
    points=points_ledger,
    rewards=reward_catalogue,
    cursors=signed_cursors,
)


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
