"""Reading a phone number, against `phonenumbers` doing the same work."""

import random
import sys

import phonenumbers

from benchmarks import microseconds_a_call, report
from crm.domain.phones import read_phone

NUMBERS = 10_000
HEADS = ("032", "038", "070", "079", "083", "086", "090", "091", "096", "098")


def by_library(typed: str) -> str | None:
    """Do with the library what `read_phone` does: parse, judge, spell."""
    parsed = phonenumbers.parse(typed, "VN")
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def main() -> int:
    """Measure plain, spaced and old numbers, all from a fixed seed."""
    dice = random.Random(20261122)  # noqa: S311 - numbers for a benchmark
    plain = [f"{dice.choice(HEADS)}{dice.randrange(10**7):07}" for _ in range(NUMBERS)]
    spaced = [f"{number[:4]} {number[4:7]} {number[7:]}" for number in plain]
    old = [f"016{dice.randrange(2, 10)}{dice.randrange(10**7):07}" for _ in range(NUMBERS)]
    floats = [float(number) for number in plain]
    for number in plain:
        if read_phone(number).e164 != by_library(number):
            sys.exit("the two disagree, so their times cannot be compared")

    ours, library = microseconds_a_call(read_phone, plain), microseconds_a_call(by_library, plain)
    figures = {
        "plain mobile, µs": ours,
        "plain mobile by phonenumbers, µs": library,
        "mobile with spaces, µs": microseconds_a_call(read_phone, spaced),
        "mobile with spaces by phonenumbers, µs": microseconds_a_call(by_library, spaced),
        "mobile as a float, µs": microseconds_a_call(read_phone, floats),
        "11 digits of before 2018, µs": microseconds_a_call(read_phone, old),
    }
    goals = {
        "plain mobile, µs": (ours, 2.0),
        "plain mobile as a share of phonenumbers": (round(ours / library, 4), 1 / 8),
    }
    return report("phones", figures, goals)


if __name__ == "__main__":
    sys.exit(main())
