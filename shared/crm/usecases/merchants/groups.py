"""List, create, rename and remove a merchant's groups."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from crm.domain.customers.groups import (
    MOST_GROUPS,
    Group,
    Groups,
    code_of,
    read_group_code,
    read_group_name,
)
from crm.domain.kernel.conflicts import require_version, retry_on_conflict
from crm.domain.kernel.errors import Conflict, Invalid, NotFound, Problem, Refused
from crm.domain.kernel.ids import MerchantId
from crm.ports.customers import MerchantGroups
from crm.ports.lists import Facets


class GroupWithCount(NamedTuple):
    """A group and its number of active customers."""

    group: Group
    customers: int


def list_groups(
    merchant_id: MerchantId, *, groups: MerchantGroups, facets: Facets
) -> list[GroupWithCount]:
    """Return a merchant's groups in their order."""
    counts = facets.counts(merchant_id, "group")
    return [_with_count(group, counts) for group in groups.get(merchant_id).items]


def get_group(
    merchant_id: MerchantId, code: str, *, groups: MerchantGroups, facets: Facets
) -> GroupWithCount:
    """Return a group by its code."""
    group = _find(groups.get(merchant_id), code)
    return _with_count(group, facets.counts(merchant_id, "group"))


def create_group(
    merchant_id: MerchantId,
    name: str,
    code: str | None,
    *,
    made_by: str,
    groups: MerchantGroups,
) -> GroupWithCount:
    """Create a group, by default with a code from its name.

    `made_by` is the id of the request: repeated, it returns the group.
    """
    wanted = Group(*_read(name, code), made_by=made_by)

    def add(current: Groups) -> Groups:
        existing = current.find(wanted.code)
        if existing is not None and existing.made_by == made_by:
            return current
        if existing is not None:
            raise Conflict("group_exists")
        if len(current.items) == MOST_GROUPS:
            raise Conflict("groups_full", limit=MOST_GROUPS)
        return current.put(wanted)

    _change(merchant_id, add, groups)
    return GroupWithCount(wanted, 0)


def rename_group(
    merchant_id: MerchantId,
    code: str,
    name: str,
    *,
    seen_version: int,
    groups: MerchantGroups,
    facets: Facets,
) -> GroupWithCount:
    """Rename a group; its code, which customers refer to, does not change."""
    new_name = _read(name, code)[1]

    def rename(current: Groups) -> Groups:
        group = _find_version(current, code, seen_version)
        if group.name == new_name:
            return current
        return current.put(Group(code, new_name, group.version + 1, group.made_by))

    changed = _find(_change(merchant_id, rename, groups), code)
    return _with_count(changed, facets.counts(merchant_id, "group"))


def remove_group(
    merchant_id: MerchantId,
    code: str,
    *,
    seen_version: int,
    groups: MerchantGroups,
    facets: Facets,
) -> GroupWithCount:
    """Remove an empty group, or raise `Conflict` if it has customers.

    The counts lag writes by seconds, so a customer added just now keeps the removed code.
    """
    group = _find_version(groups.get(merchant_id), code, seen_version)
    counted = facets.counts(merchant_id, "group").get(code, 0)
    if counted:
        raise Conflict("group_in_use", customers=counted)

    def remove(current: Groups) -> Groups:
        _find_version(current, code, seen_version)
        return current.without(code)

    _change(merchant_id, remove, groups)
    return GroupWithCount(group, 0)


def _change(
    merchant_id: MerchantId, change: Callable[[Groups], Groups], groups: MerchantGroups
) -> Groups:
    """Apply a change to the current groups, retrying on a concurrent change."""

    def attempt() -> Groups:
        before = groups.get(merchant_id)
        after = change(before)
        if after is not before:
            groups.replace(merchant_id, before, after)
        return after

    return retry_on_conflict(attempt)


def _find(current: Groups, code: str) -> Group:
    group = current.find(code)
    if group is None:
        raise NotFound("group_not_found")
    return group


def _find_version(current: Groups, code: str, version: int) -> Group:
    group = _find(current, code)
    require_version(version, group.version)
    return group


def _with_count(group: Group, counts: Mapping[str, int]) -> GroupWithCount:
    return GroupWithCount(group, counts.get(group.code, 0))


def _read(name: str, code: str | None) -> tuple[str, str]:
    problems: list[Problem] = []
    read_name, read_code = "", code or ""
    try:
        read_name = read_group_name(name)
    except Refused as refused:
        problems.append(refused.of("name"))
    try:
        read_code = code_of(name) if code is None else read_group_code(code)
    except Refused as refused:
        problems.append(refused.of("code"))
    if problems:
        raise Invalid("invalid_fields", *problems)
    return read_code, read_name
