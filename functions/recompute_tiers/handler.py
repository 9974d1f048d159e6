"""Step Functions `Recompute`: apply a program to some members, or count its effect."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.loyalty import programs, recomputes
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.walks import walk
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation
from crm.usecases.loyalty.programs import recompute_page

program_versions, merchant_store, customer_walk, changeset_store, recompute_jobs = (
    programs(),
    merchants(),
    walk(),
    changesets(),
    recomputes(),
)


class Payload(NamedTuple):
    merchant_id: MerchantId
    job_id: str
    bucket: str
    after: CustomerId | None = None


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Payload, event)
    after = recompute_page(
        payload.merchant_id,
        payload.job_id,
        payload.bucket,
        payload.after,
        programs=program_versions,
        merchants=merchant_store,
        walk=customer_walk,
        changesets=changeset_store,
        recomputes=recompute_jobs,
    )
    return {**payload._asdict(), "after": after, "is_done": after is None}
