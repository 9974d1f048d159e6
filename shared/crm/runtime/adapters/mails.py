"""The adapter that sends mails, separate because it needs the layer with jinja2."""

from functools import cache

from botocore.config import Config

from crm.aws.events.mailer import SesMailer
from crm.runtime.adapters.events import suppressions
from crm.runtime.clients import later_client_of
from crm.runtime.settings import setting

#: SES accepts one mail per second in its sandbox, so concurrent mails are retried.
_CONFIG = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 6}
)


@cache
def mailer() -> SesMailer:
    """Return the mailer with this deployment's sender and link address."""
    client = later_client_of("ses", _CONFIG)
    return SesMailer(client, setting("SENDER_ADDRESS"), setting("WEB_ADDRESS"), suppressions())
