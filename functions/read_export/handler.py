"""Step Functions `ReadPart`: read some customers of a bucket, and say where the next start."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId
from crm.runtime.clock import now
from crm.runtime.exports import exports, files, walk
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.usecases.exports.reading import read_part

jobs, store, book = exports(), files(), walk()


class Part(NamedTuple):
    merchant_id: MerchantId
    export_id: ExportId
    bucket: str
    number: int
    after: CustomerId | None


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = read_payload(Part, event)
    progress = read_part(**said._asdict(), now=now(), exports=jobs, files=store, walk=book)
    logger.info("read", export_id=said.export_id, bucket=said.bucket, part=said.number)
    return progress._asdict()
