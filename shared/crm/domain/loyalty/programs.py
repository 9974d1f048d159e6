"""Loyalty programs: tiers, earning rates, and when points take effect and expire.

A program is versioned. `PUT` stores a draft; only an activated version is in force. A merchant
that never activated one has `STANDARD`, which enrols nobody automatically.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from crm.domain.customers.customer import UNRANKED
from crm.domain.customers.groups import read_group_code
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.texts import read_line
from crm.domain.kernel.times import stamp
from crm.domain.values.money import LARGEST_AMOUNT

RankBy = Literal["spent", "ranking_points"]
Rounding = Literal["down", "half_up"]
Enrolment = Literal["automatic", "explicit"]
ReviewEvery = Literal["year", "rolling"]
ReviewRule = Literal["keep", "drop"]

MOST_TIERS = 10
LONGEST_WINDOW = 36
LONGEST_HOLD = 365
LONGEST_EXPIRY = 120
_LONGEST_NAME = 40
_DAYS_A_MONTH = 28
_MONTHS_A_YEAR = 12
_MOST_VND_A_POINT = 1_000_000_000

_code = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,18}[a-z0-9])?").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A tier: the worth that earns it (`least`), and how many đồng earn one point in it."""

    code: str
    name: str
    least: int
    vnd_per_point: int
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A loyalty program with ascending rungs; no `window_months` means lifetime worth.

    `since` is when the merchant first activated a program: older orders earn nothing.
    """

    version: int
    enrolment: Enrolment = "explicit"
    rank_by: RankBy = "spent"
    rungs: tuple[Rung, ...]
    window_months: int | None = None
    rounding: Rounding = "down"
    hold_days: int = 0
    expiry_months: int | None = None
    review_every: ReviewEvery = "year"
    review_rule: ReviewRule = "drop"
    since: str | None = None
    activated_at: str | None = None

    def rung(self, tier: str) -> Rung | None:
        """Return the rung of a tier, or None for `unranked` or a tier of another program."""
        return next((each for each in self.rungs if each.code == tier), None)

    def rank(self, tier: str) -> int:
        """Return the rank of a tier: 1 for the lowest, 0 for anything that is not a tier."""
        codes = [each.code for each in self.rungs]
        return codes.index(tier) + 1 if tier in codes else 0

    def earned_by(self, worth: int) -> str:
        """Return the highest tier that a worth reaches, or `unranked`."""
        reached = [each.code for each in self.rungs if each.least <= worth]
        return reached[-1] if reached else UNRANKED

    def above(self, tier: str) -> Rung | None:
        """Return the next higher rung, or None for the top tier."""
        rank = self.rank(tier)
        return self.rungs[rank] if rank < len(self.rungs) else None

    def rate(self, tier: str) -> int:
        """Return the đồng per point of a tier; without a tier, the rate of the lowest."""
        return (self.rung(tier) or self.rungs[0]).vnd_per_point


#: The default program: tiers by lifetime spend, a point per 10,000 đồng, no expiry.
STANDARD = Program(
    version=0,
    rungs=(
        Rung(code="silver", name="Bạc", least=2_000_000, vnd_per_point=10_000, group="potential"),
        Rung(code="gold", name="Vàng", least=10_000_000, vnd_per_point=8_000, group="loyal"),
        Rung(code="diamond", name="Kim cương", least=30_000_000, vnd_per_point=5_000, group="vip"),
    ),
    hold_days=7,
    review_rule="keep",
)


def points_for(vnd: int, vnd_per_point: int, rounding: Rounding) -> int:
    """Return the points that an amount earns; zero or negative amounts earn none."""
    if vnd <= 0:
        return 0
    half = vnd_per_point if rounding == "half_up" else 0
    return (2 * vnd + half) // (2 * vnd_per_point)


def effective_at(placed: date, hold_days: int, zone: str) -> str:
    """Return when points earned on a day take effect: the start of the day after the hold."""
    return day_start(placed + timedelta(days=hold_days), zone)


def expires_at(effective: date, months: int | None, zone: str) -> str | None:
    """Return when points expire: the end of the day, `months` after they take effect."""
    if months is None:
        return None
    return day_start(months_later(effective, months) + timedelta(days=1), zone)


def day_start(day: date, zone: str) -> str:
    """Return the start of a day in a zone."""
    return stamp(datetime.combine(day, time(), ZoneInfo(zone)))


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month."""
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 + months, _MONTHS_A_YEAR)
    following = date(year + (month + 1) // _MONTHS_A_YEAR, (month + 1) % _MONTHS_A_YEAR + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def read_program(fields: Mapping[str, Any], *, version: int) -> Program:
    """Return the program of a request body, or raise `Invalid` with every problem."""
    problems: list[Problem] = []
    review = {f"review.{name}": raw for name, raw in (fields.get("review") or {}).items()}
    given = {**fields, **review}

    def read[T](name: str, read_one: Callable[[Any], T], default: T) -> T:
        try:
            return read_one(given[name]) if name in given else default
        except Refused as refused:
            problems.append(refused.of(name))
            return default

    tiers = fields.get("tiers") or []
    rank_by: RankBy = "ranking_points" if _is_by_points(tiers) else "spent"
    rungs, rung_problems = _read_rungs(tiers, rank_by)
    problems += rung_problems
    program = Program(
        version=version,
        enrolment=read("enrolment", _one_of(get_args(Enrolment)), "explicit"),
        rank_by=rank_by,
        rungs=rungs,
        window_months=read("window", _read_window, None),
        rounding=read("rounding", _one_of(get_args(Rounding)), "down"),
        hold_days=read("hold_days", lambda raw: _whole(raw, 0, LONGEST_HOLD), 0),
        expiry_months=read("expiry_months", _read_expiry, None),
        review_every=read("review.every", _one_of(get_args(ReviewEvery)), "year"),
        review_rule=read("review.rule", _one_of(get_args(ReviewRule)), "drop"),
    )
    months = program.expiry_months
    if months is not None and months * _DAYS_A_MONTH <= program.hold_days:
        problems.append(Problem("expiry_months", "program_expires_in_hold"))
    if problems:
        raise Invalid("invalid_fields", *problems)
    return program


def program_shape(program: Program) -> dict[str, Any]:
    """Return a program in the shape of the API."""
    least = "min_spent" if program.rank_by == "spent" else "min_ranking_points"
    return {
        "version": program.version,
        "enrolment": program.enrolment,
        "tiers": [
            {
                "code": rung.code,
                "name": rung.name,
                least: rung.least,
                "earn_vnd_per_point": rung.vnd_per_point,
                "group": rung.group,
            }
            for rung in program.rungs
        ],
        "window": "lifetime"
        if program.window_months is None
        else {"months": program.window_months},
        "rounding": program.rounding,
        "hold_days": program.hold_days,
        "expiry_months": program.expiry_months,
        "review": {"every": program.review_every, "rule": program.review_rule},
    }


def _is_by_points(tiers: Sequence[Mapping[str, Any]]) -> bool:
    return any(each.get("min_ranking_points") is not None for each in tiers)


def _read_rungs(
    tiers: Sequence[Mapping[str, Any]], rank_by: RankBy
) -> tuple[tuple[Rung, ...], list[Problem]]:
    if not 1 <= len(tiers) <= MOST_TIERS:
        return (), [Problem("tiers", "program_tier_count", {"most": MOST_TIERS})]
    rungs: list[Rung] = []
    problems: list[Problem] = []
    for position, each in enumerate(tiers):
        rung, rung_problems = _read_rung(each, rank_by, f"tiers.{position}")
        problems += rung_problems
        if rung:
            rungs.append(rung)
    if problems:
        return (), problems
    least = "min_spent" if rank_by == "spent" else "min_ranking_points"
    problems += [
        Problem(f"tiers.{position}.{least}", "program_not_ascending")
        for position, (lower, higher) in enumerate(pairwise(rungs), start=1)
        if higher.least <= lower.least
    ]
    codes = [each.code for each in rungs]
    problems += [
        Problem(f"tiers.{position}.code", "program_tier_twice")
        for position, code in enumerate(codes)
        if code in codes[:position]
    ]
    return tuple(rungs), problems


def _read_rung(
    fields: Mapping[str, Any], rank_by: RankBy, path: str
) -> tuple[Rung | None, list[Problem]]:
    problems: list[Problem] = []

    def read[T](name: str, read_one: Callable[[Any], T], default: T) -> T:
        try:
            return read_one(fields.get(name))
        except Refused as refused:
            problems.append(refused.of(f"{path}.{name}"))
            return default

    least, other = (
        ("min_spent", "min_ranking_points")
        if rank_by == "spent"
        else ("min_ranking_points", "min_spent")
    )
    if fields.get(other) is not None:
        problems.append(Problem(f"{path}.{other}", "program_two_measures"))
    rung = Rung(
        code=read("code", _read_tier_code, ""),
        name=read("name", _read_name, ""),
        least=read(least, lambda raw: _whole(raw, 0, LARGEST_AMOUNT), 0),
        vnd_per_point=read("earn_vnd_per_point", lambda raw: _whole(raw, 1, _MOST_VND_A_POINT), 1),
        group=read("group", lambda raw: read_group_code(raw) if raw else None, None),
    )
    return (None if problems else rung), problems


def _read_tier_code(raw: str | None) -> str:
    code = (raw or "").strip().lower()
    if not _code(code) or code == UNRANKED:
        raise Refused("program_tier_code")
    return code


def _read_name(raw: str | None) -> str:
    name = read_line(raw or "", _LONGEST_NAME)
    if not name:
        raise Refused("required")
    return name


def _read_window(raw: str | Mapping[str, Any]) -> int | None:
    if raw == "lifetime":
        return None
    if isinstance(raw, str):
        raise Refused("program_window")
    return _whole(raw.get("months"), 1, LONGEST_WINDOW)


def _read_expiry(raw: int | None) -> int | None:
    return None if raw is None else _whole(raw, 1, LONGEST_EXPIRY)


def _one_of[T: str](options: tuple[T, ...]) -> Callable[[Any], T]:
    def read(raw: Any) -> T:  # noqa: ANN401 - any JSON value
        for each in options:
            if each == raw:
                return each
        raise Refused("not_one_of", expected=", ".join(options))

    return read


def _whole(raw: Any, least: int, most: int) -> int:  # noqa: ANN401 - any JSON value
    if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
        raise Refused("not_in_range", least=least, most=most)
    return raw
