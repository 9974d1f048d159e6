"""Request and response models of exports."""

from typing import Annotated, Any

from pydantic import Field, StrictStr

from crm.domain.customers.columns import COLUMN_IDS
from crm.domain.exports.job import MOST_SELECTED, Format, Scope
from crm.domain.exports.transitions import Status
from crm.domain.kernel.jobs import MailStatus
from crm.domain.messages.catalogue import Locale
from crm.http.bodies import Answer, Body, FailureAnswer
from crm.http.lists.view_models import FilterWrite

_LONGEST_ID = 64


class ExportFilter(FilterWrite):
    """Which customers, as `GET /customers` filters them; what is named replaces a view's own."""

    view: StrictStr | None = Field(default=None, description="The id of a saved view.")


class ExportCreate(Body):
    """An export: whom, in which kind of file, in which columns and language."""

    scope: Scope
    filter: ExportFilter | None = Field(default=None, description="With the scope `filter` alone.")
    customer_ids: (
        Annotated[
            list[Annotated[StrictStr, Field(min_length=1, max_length=_LONGEST_ID)]],
            Field(min_length=1, max_length=MOST_SELECTED),
        ]
        | None
    ) = Field(default=None, description="With the scope `selected` alone.")
    format: Format
    columns: Annotated[list[StrictStr], Field(min_length=1, max_length=len(COLUMN_IDS))] | None = (
        Field(default=None, description="Those of the view if absent, else all, in this order.")
    )
    locale: Locale | None = Field(
        default=None, description="Of headers and words; the caller's language if absent."
    )


class ExportProgressAnswer(Answer):
    """Customers read so far, and how many rows the file has, once all are read."""

    read: int
    total: int | None


class ExportAnswer(Answer):
    """An export as far as it is; `sha256` is the file's, `rows_sha256` that of its plain rows."""

    id: str
    status: Status
    scope: Scope
    filter: dict[str, Any] | None
    format: Format
    columns: list[str]
    locale: Locale
    masked: bool = Field(description="Contacts are masked, as its maker sees them.")
    progress: ExportProgressAnswer
    rows: int | None
    selected: int | None = Field(description="How many different ids were asked for.")
    ignored: int | None = Field(description="How many of them are no active customers here.")
    file_name: str
    bytes: int | None
    sha256: str | None
    rows_sha256: str | None
    from_: str | None = Field(
        alias="from", description="Who was a customer then is in it, as they stood after it."
    )
    to: str | None = Field(description="Everybody in it was read before then.")
    failure: FailureAnswer | None
    mail: MailStatus
    created_by: str
    created_at: str
    finished_at: str | None
    expires_at: str | None


class ExportPageAnswer(Answer):
    """Some exports, newest first, and where the next ones start."""

    items: list[ExportAnswer]
    next_cursor: str | None


class ExportLinkAnswer(Answer):
    """An address that gives the file to anyone who has it, until it expires."""

    url: str
    file_name: str
    expires_at: str
