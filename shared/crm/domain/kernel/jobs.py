"""What imports and exports have in common: failures, mails, upload forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MailStatus = Literal["sent", "failed", "none"]


class MailRefused(Exception):
    """The mail was not taken; the import stands all the same."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an import failed: the code of a message and what the message needs."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """Where to POST a file as multipart/form-data, and the fields that go before it."""

    url: str
    fields: Mapping[str, str]
