"""Models of the SES bounce and complaint events on the bus."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.domain.kernel.ids import MerchantId
from crm.usecases.events.bounces import Bounce


class _Part(BaseModel):
    """A part of an event; validation errors hide its values."""

    model_config = ConfigDict(hide_input_in_errors=True)


class _Recipient(_Part):
    emailAddress: str  # noqa: N815 - as SES spells it


class _Tags(_Part):
    """The tags that our mailer sets; SES sends a list of values for every name."""

    merchant: tuple[MerchantId]
    kind: tuple[Literal["import", "export"]]
    job: tuple[str]


class _Mail(_Part):
    tags: _Tags


class _Bounce(_Part):
    kind: str = Field(alias="bounceType")
    recipients: list[_Recipient] = Field(alias="bouncedRecipients")


class _Complaint(_Part):
    recipients: list[_Recipient] = Field(alias="complainedRecipients")


class Feedback(_Part):
    """The detail of an SES event: a bounce or a complaint, and its email."""

    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None

    def bounce_of_job(self) -> Bounce:
        """Return the bounce of the email's job; a complaint was delivered, so not `bounced`."""
        feedback = self.bounce or self.complaint
        permanent = self.bounce is None or self.bounce.kind == "Permanent"
        tags = self.mail.tags
        return Bounce(
            merchant_id=tags.merchant[0],
            kind=tags.kind[0],
            job_id=tags.job[0],
            addresses=tuple(each.emailAddress for each in feedback.recipients) if feedback else (),
            bounced=self.bounce is not None,
            permanent=permanent,
        )
