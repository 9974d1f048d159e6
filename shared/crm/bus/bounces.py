"""What SES tells on the bus of mails that came back or were called unwanted, as models."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.domain.kernel.ids import MerchantId
from crm.usecases.events.bounces import Bounce


class _Told(BaseModel):
    """A part of an event; what is wrong with one is told without its values."""

    model_config = ConfigDict(hide_input_in_errors=True)


class _Recipient(_Told):
    emailAddress: str  # noqa: N815 - as SES spells it


class _Tags(_Told):
    """What our mailer says of each mail; SES has a list of values for every name."""

    merchant: tuple[MerchantId]
    kind: tuple[Literal["import", "export"]]
    job: tuple[str]


class _Mail(_Told):
    tags: _Tags


class _Back(_Told):
    kind: str = Field(alias="bounceType")
    recipients: list[_Recipient] = Field(alias="bouncedRecipients")


class _Unwanted(_Told):
    recipients: list[_Recipient] = Field(alias="complainedRecipients")


class Feedback(_Told):
    """The detail of an event of SES: a bounce or a complaint, and the mail that it is about."""

    mail: _Mail
    bounce: _Back | None = None
    complaint: _Unwanted | None = None

    def bounce_of_job(self) -> Bounce:
        """Return what it means for the job that the mail was about.

        What was called unwanted did arrive, so that it failed nothing.
        """
        told = self.bounce or self.complaint
        permanent = self.bounce is None or self.bounce.kind == "Permanent"
        tags = self.mail.tags
        return Bounce(
            merchant_id=tags.merchant[0],
            kind=tags.kind[0],
            job_id=tags.job[0],
            addresses=tuple(each.emailAddress for each in told.recipients) if told else (),
            back=self.bounce is not None,
            for_good=permanent,
        )
