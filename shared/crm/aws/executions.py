"""Ports that start background work as state-machine executions."""

from collections.abc import Mapping
from json import dumps
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import ExportId, ImportId, MerchantId

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Machine:
    """A state machine that starts each execution once: Step Functions rejects a used name.

    Step Functions remembers names for 90 days.
    """

    def __init__(self, client: "SFNClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, payload: Mapping[str, Any]) -> None:
        """Start an execution unless its name was used; raise `Busy` if it cannot start now."""
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=dumps(payload)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (ClientError, BotoCoreError) as error:
            raise Busy("busy") from error


class ExportExecutions:
    """Starts the execution of an export."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:
        """Start an export once; raise `Busy` if it cannot start now."""
        self._machine.start(export_id, {"merchant_id": merchant_id, "export_id": export_id})


class ImportExecutions:
    """Starts the execution that applies or reverts an import."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, import_id: ImportId, run: str) -> None:
        """Start a run of an import once; raise `Busy` if it cannot start now."""
        payload = {"merchant_id": merchant_id, "import_id": import_id, "turn": {"attempt": 1}}
        self._machine.start(run, payload)


class RecomputeExecutions:
    """Starts the execution of a recompute."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, job_id: str) -> None:
        """Start a recompute once; raise `Busy` if it cannot start now."""
        self._machine.start(job_id, {"merchant_id": merchant_id, "job_id": job_id})


class ErasureExecutions:
    """Starts the execution of an erasure."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def start(self, merchant_id: MerchantId, request_id: str, run: str) -> None:
        """Start a run of an erasure once; raise `Busy` if it cannot start now."""
        self._machine.start(run, {"merchant_id": merchant_id, "request_id": request_id})
