"""Step Functions `Recompute`: what a program makes of some members, counted or carried out."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters import changesets, customer_walk, merchants, programs, recomputes
from crm.runtime.observability import log_invocation
from crm.runtime.payloads import read_payload
from crm.usecases.loyalty.programs import recompute_page

versions, shops, walk, moves, jobs = (
    programs(),
    merchants(),
    customer_walk(),
    changesets(),
    recomputes(),
)


class Asking(NamedTuple):
    merchant_id: MerchantId
    job_id: str
    bucket: str
    after: CustomerId | None = None


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = read_payload(Asking, event)
    after = recompute_page(
        said.merchant_id,
        said.job_id,
        said.bucket,
        said.after,
        programs=versions,
        merchants=shops,
        walk=walk,
        changesets=moves,
        recomputes=jobs,
    )
    return {**said._asdict(), "after": after, "is_done": after is None}
