"""The adapters of privacy requests and of fingerprints."""

from functools import cache

from crm.aws.privacy.requests import DynamoPrivacyRequests
from crm.domain.customers.fingerprints import Fingerprints
from crm.runtime.clients import table
from crm.runtime.settings import setting


@cache
def requests() -> DynamoPrivacyRequests:
    """Return the privacy requests and tombstones, stored in DynamoDB."""
    return DynamoPrivacyRequests(table())


@cache
def fingerprints() -> Fingerprints:
    """Return the fingerprints, keyed with this deployment's secret."""
    return Fingerprints(setting("MARKS_SECRET"))
