"""Types shared by imports and exports: failures, mail statuses, upload forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MailStatus = Literal["sent", "failed", "none"]


class MailRefused(Exception):
    """The mail service refused the mail; the import itself is not affected."""


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
