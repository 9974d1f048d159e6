"""`ports.ExportRuns`: executions of the state machine of exports, named by the export."""

from json import dumps
from typing import TYPE_CHECKING

from crm.domain.ids import ExportId, MerchantId

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class ExportExecutions:
    """Starts what carries an export out."""

    def __init__(self, client: "SFNClient", machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:
        """Start to carry an export out, once: a name can be used only once in 90 days."""
        said = {"merchant_id": merchant_id, "export_id": export_id}
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=export_id, input=dumps(said)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
