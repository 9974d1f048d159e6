"""Types shared by jobs: failures, mail statuses, upload forms, and pages of jobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

MailStatus = Literal["sent", "failed", "none"]


class MailRefused(Exception):
    """The mail service refused the mail; the job itself is not affected."""


def mail_status(send: Callable[[], None]) -> MailStatus:
    """Send the mail of a job and return its status: `failed` if the mail service refused it."""
    try:
        send()
    except MailRefused:
        return "failed"
    return "sent"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed: a message code and the message's params."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The URL to POST a file to as multipart/form-data, and the fields to send before it."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class JobPage[Job]:
    """Jobs of one kind, newest first, and whether older ones follow."""

    items: tuple[Job, ...]
    more: bool
