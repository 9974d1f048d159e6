"""Writing the file of an export: its time, its memory, and how both grow."""

import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

from benchmarks import report
from crm.domain.addresses import with_one_default
from crm.domain.cells import row_reader
from crm.domain.columns import COLUMN_IDS
from crm.domain.customer import Address, Author, Customer, Membership, Points
from crm.domain.fields import read_fields
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.metrics import Metrics
from crm.domain.tables import NewTable
from crm.domain.times import DEFAULT_ZONE, day_of
from crm.files.export_tables import write_table
from crm.usecases.export_reading import line_of
from local.demo_people import people

FEW, MANY = 50_000, 200_000
ROWS_A_PART = 4_000
ROUNDS = 3
NOON = "2026-11-22T05:00:00.000Z"
_DISTINCT = 10_000  # customers beyond these have the same names under other codes


def customers(count: int) -> Iterator[Customer]:
    """Give customers that fill all 34 columns about as a merchant's do."""
    chance = Random(8)  # noqa: S311 - customers for a benchmark
    for number, person in enumerate(people(count), 1):
        address = Address(
            id="a",
            recipient=person["full_name"],
            line=f"{chance.randint(1, 400)} Lý Thường Kiệt",
            ward="Phường Hoàn Kiếm",
            province="Hà Nội",
        )
        yield Customer(
            merchant_id=MerchantId("m-1"),
            id=CustomerId(f"{number:026}"),
            code=f"KH{number:06}",
            **read_fields(person, today=day_of(NOON), at=NOON),
            group=chance.choice(("vip", "new", "loyal")),
            tags=("sỉ", "hà nội"),
            note="Thích hàng mới về, gọi trước khi giao.",
            addresses=with_one_default([address]),
            source="web",
            metrics=Metrics(
                chance.randint(0, 20), chance.randint(0, 10**8), last_order_at=NOON, debt=0
            ),
            membership=Membership(joined_at=NOON, tier="gold", points=Points(60)),
            created_at=NOON,
            updated_at=NOON,
            created_by=Author("web", "u"),
        )


def keep_parts(folder: Path) -> None:
    """Write the parts that readers would leave for `MANY` customers."""
    rows_of = row_reader(COLUMN_IDS, DEFAULT_ZONE)
    some = [*customers(_DISTINCT)]
    for start in range(0, MANY, ROWS_A_PART):
        lines = [
            line_of(rows_of(replace(some[number % _DISTINCT], code=f"KH{number:06}")))
            for number in range(start, start + ROWS_A_PART)
        ]
        (folder / f"{start:07}.ndjson").write_bytes(b"".join(lines))


def _parts(folder: Path, rows: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, rows, ROWS_A_PART):
        yield (folder / f"{start:07}.ndjson").read_bytes().splitlines()[: rows - start]


def _written(folder: Path, kind: Literal["xlsx", "csv"], rows: int) -> float:
    target = folder / f"file.{kind}"
    began = perf_counter()
    write_table(target, NewTable(kind, COLUMN_IDS, "vi", rows, _parts(folder, rows)))
    took = perf_counter() - began
    target.unlink()
    return took


def _measure(folder: Path, kind: Literal["xlsx", "csv"], rows: int) -> tuple[float, float]:
    """Return the seconds of the fastest round, and the most MB that its process ever held."""
    took = min(_written(folder, kind, rows) for _ in range(ROUNDS))
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(function: Callable[..., Any], *given: object) -> Any:  # noqa: ANN401 - its answer
    """Return what a function answers in a process of its own, whose memory is its alone."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(function, given)


def main() -> int:
    """Measure both kinds of file at both sizes, from parts on disk as from S3."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        in_a_process(keep_parts, folder)
        xlsx, xlsx_memory = in_a_process(_measure, folder, "xlsx", FEW)
        csv, csv_memory = in_a_process(_measure, folder, "csv", FEW)
        xlsx_many, xlsx_memory_many = in_a_process(_measure, folder, "xlsx", MANY)
        csv_many, csv_memory_many = in_a_process(_measure, folder, "csv", MANY)
    figures = {
        "xlsx of 50,000 × 34, s": xlsx,
        "csv of 50,000 × 34, s": csv,
        "xlsx of 200,000 × 34, s": xlsx_many,
        "csv of 200,000 × 34, s": csv_many,
        "memory of xlsx at 200,000, MB": xlsx_memory_many,
        "memory of csv at 200,000, MB": csv_memory_many,
    }
    goals = {
        "xlsx of 50,000 × 34, s": (xlsx, 2.0),
        "csv of 50,000 × 34, s": (csv, 1.0),
        "xlsx of 200,000 against 50,000, times": (xlsx_many / xlsx, 4.4),
        "csv of 200,000 against 50,000, times": (csv_many / csv, 4.4),
        "most memory, MB": (
            max(xlsx_memory, csv_memory, xlsx_memory_many, csv_memory_many),
            120.0,
        ),
        "memory of xlsx against that at 50,000, times": (xlsx_memory_many / xlsx_memory, 1.2),
        "memory of csv against that at 50,000, times": (csv_memory_many / csv_memory, 1.2),
    }
    return report("exports", figures, goals)


if __name__ == "__main__":
    sys.exit(main())
