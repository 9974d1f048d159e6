"""The ports that start work: executions of state machines, by name."""

from collections.abc import Mapping
from json import dumps
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import ExportId, ImportId, MerchantId

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Machine:
    """A state machine, each of whose executions is started once: it can use a name only once.

    That holds for 90 days.
    """

    def __init__(self, client: "SFNClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, said: Mapping[str, Any]) -> None:
        """Start an execution, if none was of that name; `Busy` where that cannot be done now."""
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=name, input=dumps(said))
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (ClientError, BotoCoreError) as error:
            raise Busy("busy") from error


class ExportExecutions:
    """Starts what carries an export out."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:
        """Start to carry an export out, once; `Busy` where that cannot be done now."""
        self._machine.start(export_id, {"merchant_id": merchant_id, "export_id": export_id})


class ImportExecutions:
    """Starts what carries a decided import on."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, import_id: ImportId, run: str) -> None:
        """Start to carry an import on, once; `Busy` where that cannot be done now."""
        said = {"merchant_id": merchant_id, "import_id": import_id, "turn": {"attempt": 1}}
        self._machine.start(run, said)


class RecomputeExecutions:
    """Starts what carries a recompute out."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, job_id: str) -> None:
        """Start to carry a job out, once; `Busy` where that cannot be done now."""
        self._machine.start(job_id, {"merchant_id": merchant_id, "job_id": job_id})


class ErasureExecutions:
    """Starts what carries an erasure out."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, request_id: str, run: str) -> None:
        """Start to carry an erasure out, once; `Busy` where that cannot be done now."""
        self._machine.start(run, {"merchant_id": merchant_id, "request_id": request_id})
