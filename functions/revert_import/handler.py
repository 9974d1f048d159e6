"""Step Functions `RevertChunk`: take back what a chunk of an import changed."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters import changesets, customers, merchants, orders, points
from crm.runtime.clock import now
from crm.runtime.imports import files, imports
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.usecases.imports.reverting import revert_chunk
from crm.usecases.orders.metrics import MetricsPorts

jobs, store, book, ledgers = imports(), files(), customers(), points()
figures = MetricsPorts(book, merchants(), changesets(), orders(), ledgers)


class Chunk(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    chunk: int


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    said = read_payload(Chunk, event)
    counts = revert_chunk(
        **said._asdict(),
        now=now(),
        imports=jobs,
        files=store,
        customers=book,
        figures=figures,
        points=ledgers,
    )
    logger.info("reverted", import_id=said.import_id, chunk=said.chunk, rows=dict(counts.rows))
