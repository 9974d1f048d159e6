"""`ports.ExportRuns` and `ports.ImportRuns`: executions of their state machines, by name."""

from json import dumps
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from crm.domain.errors import Busy
from crm.domain.ids import ExportId, ImportId, MerchantId

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class ExportExecutions:
    """Starts what carries an export out."""

    def __init__(self, client: "SFNClient", machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:
        """Start to carry an export out, once: a name can be used only once in 90 days.

        Raises `Busy` where that cannot be done now.
        """
        said = {"merchant_id": merchant_id, "export_id": export_id}
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=export_id, input=dumps(said)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (ClientError, BotoCoreError) as error:
            raise Busy("busy") from error


class ImportExecutions:
    """Starts what carries a decided import on."""

    def __init__(self, client: "SFNClient", machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, merchant_id: MerchantId, import_id: ImportId, run: str) -> None:
        """Start to carry an import on, once: a name can be used only once in 90 days.

        Raises `Busy` where that cannot be done now.
        """
        said = {"merchant_id": merchant_id, "import_id": import_id, "turn": {"attempt": 1}}
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=run, input=dumps(said)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (ClientError, BotoCoreError) as error:
            raise Busy("busy") from error
