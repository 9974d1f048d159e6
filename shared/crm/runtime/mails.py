"""The adapter that sends mails, apart from the others: it needs the layer that has jinja2."""

from functools import cache

import boto3
from botocore.config import Config

from crm.aws.mailer import SesMailer
from crm.runtime.settings import setting

#: SES takes one mail a second in its sandbox: several at once wait for each other.
_CONFIG = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 6}
)


@cache
def mailer() -> SesMailer:
    """Return the mailer of this deployment's sender address."""
    return SesMailer(boto3.client("ses", config=_CONFIG), setting("SENDER_ADDRESS"))


@cache
def linking_mailer() -> SesMailer:
    """Return the mailer whose mails lead back to this deployment."""
    client = boto3.client("ses", config=_CONFIG)
    return SesMailer(client, setting("SENDER_ADDRESS"), setting("WEB_ADDRESS"))
