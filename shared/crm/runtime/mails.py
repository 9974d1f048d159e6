"""The adapter that sends mails, apart from the others: it needs the layer that has jinja2."""

from functools import cache

from botocore.config import Config

from crm.aws.events.mailer import SesMailer
from crm.runtime.clients import later_client_of
from crm.runtime.settings import setting
from crm.runtime.suppressions import suppressions

#: SES takes one mail a second in its sandbox: several at once wait for each other.
_CONFIG = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 6}
)


@cache
def mailer() -> SesMailer:
    """Return the mailer of this deployment's sender, whose mails lead back to the deployment."""
    client = later_client_of("ses", _CONFIG)
    return SesMailer(client, setting("SENDER_ADDRESS"), setting("WEB_ADDRESS"), suppressions())
