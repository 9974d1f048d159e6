"""EventBridge "Object Created" in the drop folder: start an import of the dropped file."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from crm.domain.imports.drop_folder import Drop
from crm.runtime.adapters.imports import drops, imports
from crm.runtime.adapters.merchants import merchants
from crm.runtime.observability import count, log_invocation, logger
from crm.usecases.imports.drop_folder import accept_drop

merchant_store, import_jobs, drop_folder = merchants(), imports(), drops()


class Bucket(BaseModel):
    name: str


class Dropped(BaseModel):
    key: str
    size: int = 0
    etag: str
    version: str | None = Field(None, alias="version-id")


class Detail(BaseModel):
    bucket: Bucket
    object: Dropped


class ObjectCreated(BaseModel, hide_input_in_errors=True):
    time: datetime
    detail: Detail


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    notification = ObjectCreated.model_validate(event)
    drop = Drop(
        bucket=notification.detail.bucket.name,
        at=notification.time,
        **notification.detail.object.model_dump(),
    )
    outcome = accept_drop(
        drop.merchant_id, drop, merchants=merchant_store, imports=import_jobs, drops=drop_folder
    )
    logger.info("dropped", import_id=drop.import_id, outcome=outcome)
    count("DropsQuarantined", outcome == "quarantined")
