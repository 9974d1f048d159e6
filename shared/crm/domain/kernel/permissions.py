"""The permissions of D15, and the roles that bundle them."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

Permission = Literal[
    "customers:read",
    "customers:manage",
    "customers:import",
    "customers:export",
    "customers:merge",
    "loyalty:manage",
    "loyalty:adjust",
    "settings:manage",
    "privacy:erase",
]
Role = Literal["owner", "manager", "staff", "viewer"]

ALL: frozenset[Permission] = frozenset(get_args(Permission))

#: `service` is not a role: a service user has the permissions stored in its own row.
OF_ROLE: Mapping[str, frozenset[Permission]] = {
    "owner": ALL,
    "manager": ALL - {"settings:manage", "privacy:erase"},
    "staff": frozenset({"customers:read", "customers:manage"}),
    "viewer": frozenset({"customers:read"}),
}


def permissions_of(groups: Iterable[str]) -> frozenset[Permission]:
    """Return the permissions that these Cognito groups grant; unknown groups grant none."""
    return frozenset[Permission]().union(*(OF_ROLE.get(group, ()) for group in groups))
