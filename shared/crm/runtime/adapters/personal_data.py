"""The ports of the use cases that collect or remove all data about a person."""

from functools import cache

from crm.aws.privacy.personal_data import DynamoPersonalDataRows
from crm.aws.s3.versions import S3Versions
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.duplicates import pairs
from crm.runtime.adapters.exports import exports
from crm.runtime.adapters.imports import imports
from crm.runtime.adapters.merges import merges
from crm.runtime.adapters.privacy import fingerprints, requests
from crm.runtime.clients import s3, table
from crm.runtime.settings import setting
from crm.usecases.privacy.erasure_steps import ErasurePorts
from crm.usecases.privacy.personal_data import PersonalDataPorts


@cache
def personal_data_ports() -> PersonalDataPorts:
    """Return the ports that may have data about a person."""
    return PersonalDataPorts(
        fingerprints=fingerprints(),
        customers=customers(),
        personal_data=DynamoPersonalDataRows(table()),
        pairs=pairs(),
        imports=imports(),
        exports=exports(),
        files=S3Versions(s3(), setting("FILES_BUCKET")),
        requests=requests(),
        merges=merges(),
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
        exports=exports(),
        imports=imports(),
        files=S3Versions(s3(), setting("FILES_BUCKET")),
        export_files=S3Versions(s3(), setting("EXPORTS_BUCKET")),
    )
