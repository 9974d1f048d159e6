"""Models of the requests and answers of imports."""

from typing import Annotated, Any

from pydantic import Field, Strict, StringConstraints

from crm.bus.resources import ResultAnswer
from crm.domain.imports.job import Kind
from crm.domain.imports.progress import RowOutcome
from crm.domain.imports.transitions import Status
from crm.domain.kernel.jobs import MailStatus
from crm.domain.merchants.merchant import Mode
from crm.http.bodies import Answer, Body, FailureAnswer

#: No path and no line breaks: the name appears in mails.
_FileName = Annotated[
    str,
    StringConstraints(
        strict=True,
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f\x7f/\\]*[^\x00-\x20\x7f/\\]$",
    ),
]


class ImportCreate(Body):
    """A new import: the name of its file, and what to do with customers who are known already."""

    file_name: _FileName = Field(examples=["khach-hang.xlsx"])
    mode: Mode | None = Field(
        default=None,
        description="Required for customers: `overwrite` is recommended. `create_duplicate` makes"
        " a second customer of a phone or e-mail that is known.",
    )
    kind: Kind = Field(
        default="customers",
        description="`points`: rows of a customer, points and a reason go into the ledgers; it"
        " takes `loyalty:adjust`, and no mode.",
    )
    dry_run: Annotated[bool, Strict()] = Field(
        default=False,
        description="Only plan: the import waits at `awaiting_commit`, for 7 days.",
    )
    mapping: (
        Annotated[
            dict[
                Annotated[str, StringConstraints(min_length=1, max_length=100)],
                Annotated[str, StringConstraints(strict=True, max_length=100)],
            ],
            Field(max_length=100),
        ]
        | None
    ) = Field(
        default=None,
        description="Which columns some headers name, where their spelling does not tell:"
        " ids of columns, or `external_ids.<platform>`.",
        examples=[{"Mã": "card_code", "ID Haravan": "external_ids.haravan"}],
    )
    opening_balances: Annotated[bool, Strict()] = Field(
        default=False,
        description="Take orders, spend, debt, points and the last order of the file as what"
        " customers brought along, once for each; it takes `loyalty:adjust`.",
    )


class ImportCommit(Body):
    """The plan that is to be carried out, as the import shows it."""

    plan_hash: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]


class ProgressAnswer(Answer):
    """Rows of the file, and how many are through each step; `total` is known once it is read."""

    total: int | None
    read: int
    planned: int
    applied: int


class RevertAnswer(Answer):
    """Rows of an import that is taken back: undone, or kept as somebody changed them since."""

    reverted: int
    kept: int


class ImportAnswer(Answer):
    """An import as far as it is."""

    id: str
    status: Status
    mode: Mode
    kind: Kind
    dry_run: bool
    opening_balances: bool
    file_name: str
    progress: ProgressAnswer
    result: ResultAnswer | None
    plan_hash: str | None = Field(description="What `commit` takes.")
    plan_expires_at: str | None
    revert: RevertAnswer | None
    ignored_columns: list[str] = Field(
        description="Headers of the file that name no column, and columns without one: `(D)`."
    )
    hidden_sheets: list[str] = Field(description="Sheets of the file that were not read.")
    hidden_rows: int = Field(description="How many rows that were read a filter hides.")
    failure: FailureAnswer | None
    mail: MailStatus
    report_available: bool = Field(
        description="There are rows that need attention: `GET /imports/{import_id}/report`."
    )
    created_at: str
    finished_at: str | None


class UploadAnswer(Answer):
    """A form to POST as multipart/form-data: `fields` first, the file last, as `file`."""

    url: str
    fields: dict[str, str]
    expires_at: str


class StartedImportAnswer(ImportAnswer):
    """A new import, and where its file goes."""

    upload: UploadAnswer | None = Field(
        description="Null where the request was answered before and the file has come since."
    )


class ImportPageAnswer(Answer):
    """Some imports, newest first, and where the next ones start."""

    items: list[ImportAnswer]
    next_cursor: str | None


class ImportChangeAnswer(Answer):
    """One field that a row changed of a customer who was there."""

    field: str
    old: Any
    new: Any


class ImportRowAnswer(Answer):
    """What became of a row of the file."""

    row: int = Field(description="The number that a spreadsheet program shows beside it.")
    outcome: RowOutcome
    customer_id: str | None
    into: int | None = Field(description="The row of the same person that this one went into.")
    changes: list[ImportChangeAnswer]
    reason: str | None = Field(description="Why it was not taken, or what to look at.")


class ImportRowsAnswer(Answer):
    """Some rows of an import, as far as it is applied, and where the next ones start."""

    items: list[ImportRowAnswer]
    next_cursor: str | None
