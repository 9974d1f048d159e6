"""The adapters of personal data and erasure, separate so that other functions do not load them."""

from functools import cache

from crm.aws.executions import ErasureExecutions
from crm.aws.exports.jobs import DynamoExports
from crm.aws.imports.jobs import DynamoImports
from crm.aws.privacy.personal_data import DynamoPersonalDataRows
from crm.aws.privacy.requests import DynamoPrivacyRequests
from crm.aws.s3.versions import S3Versions
from crm.runtime.adapters import customers, merchants, merges, pairs, table
from crm.runtime.files import s3
from crm.runtime.fingerprints import fingerprints
from crm.runtime.machines import machine
from crm.runtime.settings import setting
from crm.usecases.privacy.erasure import ErasureStartPorts
from crm.usecases.privacy.erasure_steps import ErasurePorts
from crm.usecases.privacy.personal_data import PersonalDataPorts
from crm.usecases.privacy.requests import RequestPorts


@cache
def requests() -> DynamoPrivacyRequests:
    """Return the privacy requests and tombstones, stored in DynamoDB."""
    return DynamoPrivacyRequests(table())


@cache
def runs() -> ErasureExecutions:
    """Return the executions of the state machine of erasures."""
    return ErasureExecutions(machine("ERASE_STATE_MACHINE"))


@cache
def personal_data_ports() -> PersonalDataPorts:
    """Return the ports that may have data about a person."""
    return PersonalDataPorts(
        fingerprints=fingerprints(),
        customers=customers(),
        personal_data=DynamoPersonalDataRows(table()),
        pairs=pairs(),
        imports=DynamoImports(table()),
        exports=DynamoExports(table()),
        files=S3Versions(s3(), setting("FILES_BUCKET")),
        requests=requests(),
        merges=merges(),
    )


@cache
def request_ports() -> RequestPorts:
    """Return the ports that record privacy requests and put them into effect."""
    return RequestPorts(customers(), merchants(), requests())


@cache
def erasure_start_ports() -> ErasureStartPorts:
    """Return the ports that start an erasure."""
    return ErasureStartPorts(
        fingerprints=fingerprints(),
        customers=customers(),
        merchants=merchants(),
        requests=requests(),
        runs=runs(),
    )


@cache
def erasure_ports() -> ErasurePorts:
    """Return the ports from which an erasure removes data."""
    return ErasurePorts(
        fingerprints=fingerprints(),
        customers=customers(),
        requests=requests(),
        personal_data=DynamoPersonalDataRows(table()),
        pairs=pairs(),
        merges=merges(),
        exports=DynamoExports(table()),
        imports=DynamoImports(table()),
        files=S3Versions(s3(), setting("FILES_BUCKET")),
        export_files=S3Versions(s3(), setting("EXPORTS_BUCKET")),
    )
