"""Step Functions `ReadPart`: read some customers of a bucket, and return where the next start."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId
from crm.runtime.adapters.exports import exports, files
from crm.runtime.adapters.walks import walk
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.exports.reading import read_part

export_jobs, file_store, customer_walk = exports(), files(), walk()


class Part(NamedTuple):
    merchant_id: MerchantId
    export_id: ExportId
    bucket: str
    number: int
    after: CustomerId | None


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Part, event)
    progress = read_part(
        **payload._asdict(), now=now(), exports=export_jobs, files=file_store, walk=customer_walk
    )
    logger.info("read", export_id=payload.export_id, bucket=payload.bucket, part=payload.number)
    return progress._asdict()
