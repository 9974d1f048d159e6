"""The groups of a merchant: listed with their sizes, made, renamed, removed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.groups import (
    MOST_GROUPS,
    Group,
    Groups,
    code_of,
    read_group_code,
    read_group_name,
)
from crm.domain.idempotency.requests import NewId
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem, Refused, Stale
from crm.domain.kernel.ids import MerchantId
from crm.ports.customers import MerchantGroups
from crm.ports.lists import Facets

_ROUNDS = 8


class Sized(NamedTuple):
    """A group, and how many active customers are in it."""

    group: Group
    customers: int


def list_groups(merchant_id: MerchantId, *, groups: MerchantGroups, facets: Facets) -> list[Sized]:
    """Return a merchant's groups in their order."""
    counts = facets.counts(merchant_id, "group")
    return [_sized(group, counts) for group in groups.get(merchant_id).items]


def get_group(
    merchant_id: MerchantId, code: str, *, groups: MerchantGroups, facets: Facets
) -> Sized:
    """Return a group by its code."""
    group = _found(groups.get(merchant_id), code)
    return _sized(group, facets.counts(merchant_id, "group"))


def create_group(
    merchant_id: MerchantId,
    name: str,
    code: str | None,
    *,
    now: datetime,
    new_id: NewId,
    groups: MerchantGroups,
) -> Sized:
    """Make a group; without a code its name gives one. One made by this very request is found."""
    made_by = new_id(now)
    wanted = Group(*_read(name, code), made_by=made_by)

    def with_one_more(known: Groups) -> Groups:
        same = known.find(wanted.code)
        if same is not None and same.made_by == made_by:
            return known
        if same is not None:
            raise Conflict("group_exists")
        if len(known.items) == MOST_GROUPS:
            raise Conflict("groups_full", limit=MOST_GROUPS)
        return known.put(wanted)

    _change(merchant_id, with_one_more, groups)
    return Sized(wanted, 0)


def rename_group(
    merchant_id: MerchantId,
    code: str,
    name: str,
    *,
    seen_version: int,
    groups: MerchantGroups,
    facets: Facets,
) -> Sized:
    """Give a group another name; its code stands in customers and stays."""
    new_name = _read(name, code)[1]

    def renamed(known: Groups) -> Groups:
        group = _seen(known, code, seen_version)
        if group.name == new_name:
            return known
        return known.put(Group(code, new_name, group.version + 1, group.made_by))

    changed = _found(_change(merchant_id, renamed, groups), code)
    return _sized(changed, facets.counts(merchant_id, "group"))


def remove_group(
    merchant_id: MerchantId,
    code: str,
    *,
    seen_version: int,
    groups: MerchantGroups,
    facets: Facets,
) -> Sized:
    """Remove a group that nobody is in; one in use is a `Conflict`.

    Customers are counted within seconds of a write, so one that comes in just now keeps the code.
    """
    group = _seen(groups.get(merchant_id), code, seen_version)
    counted = facets.counts(merchant_id, "group").get(code, 0)
    if counted:
        raise Conflict("group_in_use", customers=counted)

    def less_one(known: Groups) -> Groups:
        _seen(known, code, seen_version)
        return known.without(code)

    _change(merchant_id, less_one, groups)
    return Sized(group, 0)


def _change(
    merchant_id: MerchantId, change: Callable[[Groups], Groups], groups: MerchantGroups
) -> Groups:
    """Make a change to the groups as they stand, again if another one came between."""
    for _ in range(_ROUNDS):
        before = groups.get(merchant_id)
        after = change(before)
        if after is before:
            return before
        try:
            groups.replace(merchant_id, before, after)
        except Stale:
            continue
        return after
    raise Busy("busy")


def _found(known: Groups, code: str) -> Group:
    group = known.find(code)
    if group is None:
        raise NotFound("group_not_found")
    return group


def _seen(known: Groups, code: str, version: int) -> Group:
    group = _found(known, code)
    if group.version != version:
        raise Stale("stale", current_version=group.version)
    return group


def _sized(group: Group, counts: Mapping[str, int]) -> Sized:
    return Sized(group, counts.get(group.code, 0))


def _read(name: str, code: str | None) -> tuple[str, str]:
    problems: list[Problem] = []
    read_name, read_code = "", code or ""
    try:
        read_name = read_group_name(name)
    except Refused as refused:
        problems.append(Problem("name", refused.code, refused.params))
    try:
        read_code = code_of(name) if code is None else read_group_code(code)
    except Refused as refused:
        problems.append(Problem("code", refused.code, refused.params))
    if problems:
        raise Invalid("invalid_fields", *problems)
    return read_code, read_name
