"""Exports whose workers are killed, repeated or overtaken."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from crm.domain.kernel.errors import Stale
from crm.domain.kernel.jobs import Failure
from tests.builders import LAN, MERCHANT, customer_id
from tests.export_builders import EXECUTION, Exporting, an_export, export_id, people


class Killed(BaseException):
    """The death of a worker; `except Exception` does not catch it."""


def dying(method: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """Return a method whose first call raises `Killed`, before or after its effect."""
    calls = count()

    def wrapped(*positional: Any, **named: Any) -> Any:
        if next(calls):
            return method(*positional, **named)
        if after:
            method(*positional, **named)
        raise Killed

    return wrapped


KILL_POINTS = [
    ("exports", "recorded", "read"),
    ("exports", "record", "read"),
    ("files", "write", "read"),
    ("walk", "page", "read"),
    ("exports", "parts", "write"),
    ("files", "read", "write"),
    ("files", "write_from", "write"),
    ("files", "write", "write"),
    ("exports", "replace", "write"),
    ("exports", "replace", "finish"),
    ("files", "remove", "finish"),
    ("history", "add", "finish"),
]


@pytest.mark.req("B-15")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("port", "method", "step"), KILL_POINTS)
def test_a_worker_restarted_after_a_kill_writes_the_same_rows(
    tmp_path: Path, port: str, method: str, step: str, *, after: bool
) -> None:
    undisturbed = Exporting(tmp_path, *people())
    undisturbed.run()
    exporting = Exporting(tmp_path, *people())
    steps: dict[str, Callable[[], Any]] = {
        "read": lambda: exporting.read(exporting.walk.buckets(MERCHANT)),
        "write": exporting.write,
        "finish": exporting.finish,
    }
    exporting.start()
    for name, run in steps.items():
        if name == step:
            holder = getattr(exporting, port)
            setattr(holder, method, dying(getattr(holder, method), after=after))
            with pytest.raises(Killed):
                run()
        run()

    assert exporting.now.rows_sha256 == undisturbed.now.rows_sha256
    assert exporting.file == undisturbed.file
    assert exporting.now.status == "finished"


def test_a_second_reader_of_a_part_returns_the_stored_part(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    exporting.start()
    first = exporting.read_one("00")
    for number in range(1, 4):
        customer = exporting.backend.get(MERCHANT, customer_id(number))
        changes = customer.changes({"note": "khác"})
        exporting.backend.update(MERCHANT, customer, customer.edited(changes, LAN, "2026-11-23"))

    assert exporting.read_one("00") == first
    assert len(exporting.exports.parts(MERCHANT, export_id())) == 1


def test_a_failed_export_keeps_no_parts(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    exporting.read(exporting.start())

    exporting.finish("export_stopped")

    assert (exporting.now.status, exporting.now.failure) == ("failed", Failure("export_stopped"))
    assert exporting.files.kept == {}
    assert [job.status for job in exporting.mailer.exports] == ["failed"]


def test_another_execution_cannot_change_an_export(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.start()

    assert exporting.start(execution="another") == []
    exporting.finish("export_stopped", execution="another")

    assert (exporting.now.status, exporting.now.execution) == ("reading", EXECUTION)


def test_an_export_without_a_file_fails(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.read(exporting.start())

    exporting.finish()

    assert exporting.now.status == "failed"


def test_a_writer_called_again_after_success_changes_nothing(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2), format="xlsx")
    exporting.read(exporting.start())
    assert exporting.write()
    first, files = exporting.now, dict(exporting.files.kept)

    assert exporting.write()

    assert (exporting.now, exporting.files.kept) == (first, files)


def test_an_export_whose_file_was_named_but_not_stored_fails(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.read(exporting.start())
    exporting.files.write_from = dying(exporting.files.write_from, after=False)  # type: ignore[method-assign]
    with pytest.raises(Killed):
        exporting.write()

    exporting.finish()

    assert exporting.now.status == "failed"


def test_a_writer_that_meets_a_newer_revision_raises_stale(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.read(exporting.start())
    job = exporting.now
    exporting.exports.replace(MERCHANT, job, job)
    exporting.exports.get = lambda *_: replace(job, revision=job.revision)  # type: ignore[method-assign]

    with pytest.raises(Stale):
        exporting.write()


def test_an_unknown_export_neither_starts_nor_ends(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path)
    exporting.job = an_export(7)

    exporting.finish("export_stopped")
    assert exporting.start() == []

    assert exporting.mailer.exports == []
