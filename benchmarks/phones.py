"""Measure reading a phone number, against `phonenumbers` with the same work."""

import sys
from collections.abc import Sequence
from random import Random

import phonenumbers

from benchmarks import Size, microseconds_a_call
from benchmarks.reporting import Cell, Result, Table, Target, run
from crm.domain.values.phones import read_phone

_NUMBERS = {"tiny": 50, "quick": 10_000, "full": 10_000}
HEADS = ("032", "038", "070", "079", "083", "086", "090", "091", "096", "098")


def by_library(typed: str) -> str | None:
    """Do the work of `read_phone` with the library: parse, validate, format."""
    parsed = phonenumbers.parse(typed, "VN")
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def measure(size: Size) -> Result:
    """Measure plain, spaced and pre-2018 numbers from a fixed seed."""
    random = Random(20261122)  # noqa: S311 - numbers for a benchmark
    plain = [f"{random.choice(HEADS)}{random.randrange(10**7):07}" for _ in range(_NUMBERS[size])]
    spaced = [f"{number[:4]} {number[4:7]} {number[7:]}" for number in plain]
    old = [
        f"016{random.randrange(2, 10)}{random.randrange(10**7):07}" for _ in range(_NUMBERS[size])
    ]
    floats = [float(number) for number in plain]
    for number in plain:
        if read_phone(number).e164 != by_library(number):
            raise AssertionError("the two disagree, so their times cannot be compared")

    ours, library = microseconds_a_call(read_phone, plain), microseconds_a_call(by_library, plain)
    lines: list[Sequence[Cell]] = [
        ("plain mobile", ours, library),
        (
            "mobile with spaces",
            *(microseconds_a_call(each, spaced) for each in (read_phone, by_library)),
        ),
        ("mobile as a float", microseconds_a_call(read_phone, floats), None),
        ("11 digits of before 2018", microseconds_a_call(read_phone, old), None),
    ]
    return Result(
        [Table("Reading a phone number", ("number", "ours, µs", "phonenumbers, µs"), lines)],
        [
            Target("plain mobile, µs", ours, 2.0),
            Target("plain mobile, ours ÷ phonenumbers", round(ours / library, 4), 1 / 8),
        ],
    )


if __name__ == "__main__":
    sys.exit(run("phones", measure))
