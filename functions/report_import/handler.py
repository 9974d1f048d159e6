"""Step Functions `Report`: write the rejected rows to a file that can be corrected."""

from pathlib import Path
from tempfile import gettempdir
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.files.imports.reports import write_report
from crm.files.imports.uploads import open_table
from crm.runtime.adapters.imports import files, imports
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.imports.reporting import report_import

import_jobs, file_store, folder = imports(), files(), Path(gettempdir())


class Applied(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    payload = read_payload(Applied, event)
    kind = report_import(
        payload.merchant_id,
        payload.import_id,
        folder=folder,
        imports=import_jobs,
        files=file_store,
        open_table=open_table,
        write_report=write_report,
    )
    logger.info("reported", import_id=payload.import_id, kind=kind)
