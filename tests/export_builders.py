"""Builders for exports: jobs, generated customers, and exports run in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

from hypothesis import strategies as st

from crm.domain.customers.addresses import new_address, with_one_default
from crm.domain.customers.column import Plain
from crm.domain.customers.columns import COLUMN_IDS
from crm.domain.customers.customer import (
    Address,
    Consent,
    Customer,
    InvoiceProfile,
    Membership,
    Points,
)
from crm.domain.customers.metrics import Metrics
from crm.domain.exports.job import ExportJob
from crm.domain.kernel.ids import ExportId, UserId, derived_ulid
from crm.domain.kernel.tables import NewTable
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.files.exports.new_table import write_table
from crm.usecases.exports.ending import finish_export
from crm.usecases.exports.reading import line_of, read_part, start_export
from crm.usecases.exports.writing import write_export
from tests.builders import MERCHANT, a_customer, moment
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.exports import InMemoryExports, InMemoryWalk, RecordedHistory
from tests.fakes.imports import InMemoryFiles, RecordedMails
from tests.fakes.merchants import InMemoryMerchants

EXECUTION = "arn:aws:states:ap-southeast-1:123456789012:execution:export:first"
NOON = stamp(moment(60))
MANY = 60


def export_id(number: int = 1) -> ExportId:
    """Return the id of the n-th export."""
    return ExportId(derived_ulid(moment(number), "export", str(number)))


def an_export(number: int = 1, **fields: Any) -> ExportJob:
    """Return the n-th export, queued, of all customers and all columns."""
    ordinary: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "id": export_id(number),
        "scope": "all",
        "format": "csv",
        "columns": COLUMN_IDS,
        "locale": "vi",
        "masked": False,
        "created_at": stamp(moment(60 + number)),
        "created_by": UserId("user-lan"),
        "email": "lan@moc.example",
    }
    return ExportJob(**{**ordinary, **fields})


def a_table(rows: Sequence[Sequence[Plain]], **fields: Any) -> NewTable:
    """Return a table to write, its rows in two batches."""
    lines = [line_of([*row]).rstrip(b"\n") for row in rows]
    half = len(lines) // 2
    ordinary: dict[str, Any] = {"kind": "csv", "columns": COLUMN_IDS, "locale": "vi"}
    batches = iter([each for each in (lines[:half], lines[half:]) if each])
    return NewTable(**{**ordinary, **fields}, rows=len(rows), lines=batches)


def people(some: int = MANY) -> list[Customer]:
    """Return customers with names that start like formulas."""
    return [
        a_customer(number, phone=f"+849{number:08}", full_name=f"=Khách {number}")
        for number in range(1, some + 1)
    ]


class Exporting:
    """An export of customers in memory, run step by step or from start to end."""

    def __init__(self, folder: Path, *customers: Customer, **fields: Any) -> None:
        self.backend = InMemoryCustomers(*customers)
        self.exports = InMemoryExports()
        self.files = InMemoryFiles()
        self.history = RecordedHistory()
        self.mailer = RecordedMails()
        self.walk = InMemoryWalk(self.backend)
        self.job = an_export(**fields)
        self.folder = folder
        self.exports.add(MERCHANT, self.job)

    @property
    def now(self) -> ExportJob:
        """The stored export."""
        return self.exports.get(MERCHANT, self.job.id)

    def start(self, at: datetime | None = None, execution: str = EXECUTION) -> list[str]:
        """Start the export and return its buckets."""
        merchant = Merchant(
            id=MERCHANT, name="Mộc", email="moc@moc.example", created_at=stamp(moment())
        )
        return start_export(
            MERCHANT,
            self.job.id,
            execution=execution,
            now=at or moment(62),
            exports=self.exports,
            walk=self.walk,
            merchants=InMemoryMerchants(merchant),
        ).buckets

    def read(self, buckets: Iterable[str]) -> None:
        """Read buckets to their ends."""
        for bucket in buckets:
            progress = self.read_one(bucket)
            while not progress.done:
                progress = self.read_one(bucket, progress.number, progress.after)

    def read_one(self, bucket: str, number: int = 0, after: Any = None) -> Any:
        """Read one part."""
        return read_part(
            MERCHANT,
            self.job.id,
            bucket,
            number,
            after,
            now=moment(63),
            exports=self.exports,
            files=self.files,
            walk=self.walk,
        )

    def write(self) -> bool:
        """Write the file."""
        return write_export(
            MERCHANT,
            self.job.id,
            folder=self.folder,
            now=moment(64),
            exports=self.exports,
            files=self.files,
            write_table=write_table,
        )

    def finish(self, failure: str | None = None, execution: str = EXECUTION) -> None:
        """End the export."""
        finish_export(
            MERCHANT,
            self.job.id,
            execution=execution,
            failure=failure,
            now=moment(65),
            exports=self.exports,
            files=self.files,
            history=self.history,
            mailer=self.mailer,
        )

    def run(self) -> bytes:
        """Run the export and return its file."""
        self.read(self.start())
        assert self.write()
        self.finish()
        return self.file

    @property
    def file(self) -> bytes:
        """The content of the file."""
        assert self.now.file
        return self.files.kept[MERCHANT, "exports", self.now.file]


# ── generated customers, with hostile texts ────────────────────────────────────────────────────

_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n"), max_size=30
)
_starts = st.sampled_from(
    [
        "",
        "=1+1",
        "+1-2",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "'=1",
        "''",
        "＝1",
        "+84912345678",
        "-5",
        "0012",
        "1e5",
        "_x0041_",
        "__CLEAR__",
        "TRUE",
        '"quoted", and; parted',
        "17/05/1990",
    ]
)
hostile = st.builds("{}{}".format, _starts, _texts).map(lambda text: text.strip("\n") or None)
_days = st.builds("{:%m-%d}".format, st.dates())
_birthdays = st.one_of(
    st.none(),
    st.builds("{0:04}-{1}".format, st.integers(1900, 2025), _days.filter(lambda d: d != "02-29")),
    st.builds("--{}".format, _days),
)
_phones = st.one_of(
    st.none(),
    st.builds("+849{:08}".format, st.integers(0, 10**8 - 1)),
    st.sampled_from(["+842438221234", "+16502530000", "+4930123456"]),
)
_words = st.text(ascii_lowercase + digits, min_size=1, max_size=12)
_maybe_hostile = st.one_of(st.none(), hostile)
_moments = st.datetimes(datetime(2015, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.isoformat(timespec="milliseconds") + "Z"
)


def _addresses(parts: dict[str, str | None] | None) -> tuple[Address, ...]:
    if parts is None:
        return ()
    return with_one_default([replace(new_address(NOON, 0), **parts)])  # type: ignore[arg-type]


def customers(number: int = 1) -> st.SearchStrategy[Customer]:
    """Return customers with any values that a record may have, including hostile texts."""
    address = st.none() | st.fixed_dictionaries(
        dict.fromkeys(("recipient", "line", "ward", "district", "province"), _maybe_hostile)
    )
    profile = st.none() | st.builds(
        InvoiceProfile,
        kind=st.sampled_from(["individual", "company"]),
        name=_maybe_hostile,
        code=st.sampled_from([None, "0100233488", "001090123456"]),
        address=_maybe_hostile,
        email=st.none() | _words.map("{}@x.vn".format),
    )
    return st.builds(
        lambda address, **fields: a_customer(number, addresses=_addresses(address), **fields),
        address,
        full_name=_maybe_hostile,
        family_name=_maybe_hostile,
        given_name=_maybe_hostile,
        phone=_phones,
        email=st.none() | _words.map("{}@example.vn".format),
        birthday=_birthdays,
        gender=st.sampled_from([None, "male", "female", "other"]),
        marketing_consent=st.builds(Consent, st.booleans()),
        group=st.none() | _words,
        skip_auto_group=st.booleans(),
        tags=st.lists(_words, max_size=3, unique=True).map(tuple),
        card_code=st.sampled_from([None, "0001", "-12", "+7", "TV/1"]),
        note=_maybe_hostile,
        invoice_profile=profile,
        metrics=st.builds(
            Metrics,
            order_count=st.integers(0, 50),
            total_spent=st.integers(-(10**9), 10**12),
            debt=st.integers(0, 10**9),
            last_order_at=st.none() | _moments,
        ),
        membership=st.builds(
            Membership,
            tier=st.sampled_from(["unranked", "gold"]),
            points=st.builds(Points, available=st.integers(-50, 50)),
        ),
    )
