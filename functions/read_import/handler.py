"""Step Functions `Read`: split an uploaded file into chunks of rows."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.files.imports.uploads import open_table
from crm.runtime.adapters.imports import files, imports
from crm.runtime.adapters.merchants import groups
from crm.runtime.adapters.privacy import fingerprints
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.imports.reading import read_import

import_jobs, file_store, group_store, identity_fingerprints = (
    imports(),
    files(),
    groups(),
    fingerprints(),
)


class Upload(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Upload, event)
    reading = read_import(
        payload.merchant_id,
        payload.import_id,
        execution=payload.execution,
        now=now(),
        imports=import_jobs,
        files=file_store,
        groups=group_store,
        fingerprints=identity_fingerprints,
        open_table=open_table,
    )
    logger.info(
        "read", import_id=payload.import_id, outcome=reading.outcome, chunks=reading.chunks
    )
    return {"outcome": reading.outcome, "chunks": list(range(reading.chunks))}
