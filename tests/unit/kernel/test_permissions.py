"""Which role has which permission."""

from collections.abc import Collection

import pytest

from crm.domain.kernel.permissions import OF_ROLE, Permission, permissions_of

MANAGER: Collection[Permission] = (
    "customers:read",
    "customers:manage",
    "customers:import",
    "customers:export",
    "customers:merge",
    "loyalty:manage",
    "loyalty:adjust",
)


@pytest.mark.req("D15", "003-06")
@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        ("owner", [*MANAGER, "settings:manage", "privacy:erase"]),
        ("manager", MANAGER),
        ("staff", ["customers:read", "customers:manage"]),
        ("viewer", ["customers:read"]),
    ],
)
def test_a_role_has_exactly_its_permissions(role: str, permissions: list[str]) -> None:
    assert permissions_of([role]) == set(permissions)


@pytest.mark.req("D15")
def test_several_groups_add_up_and_unknown_ones_grant_nothing() -> None:
    assert permissions_of(["boss", "viewer", "staff"]) == OF_ROLE["staff"]
    assert permissions_of(["boss", "service"]) == frozenset()
