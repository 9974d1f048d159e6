"""Step Functions `Write`: combine all parts of an export into one file."""

from pathlib import Path
from tempfile import gettempdir
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ExportId, MerchantId
from crm.files.exports.new_table import write_table
from crm.runtime.adapters.exports import exports, files
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.exports.writing import write_export

export_jobs, file_store, folder = exports(), files(), Path(gettempdir())


class Read(NamedTuple):
    merchant_id: MerchantId
    export_id: ExportId


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    payload = read_payload(Read, event)
    written = write_export(
        payload.merchant_id,
        payload.export_id,
        folder=folder,
        now=now(),
        exports=export_jobs,
        files=file_store,
        write_table=write_table,
    )
    logger.info("written", export_id=payload.export_id, written=written)
