"""The permission that each route requires; a new route needs an entry here."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from crm.domain.kernel.permissions import Permission


class Case(NamedTuple):
    """A valid request: the permission that it needs, its body and its status.

    The resources in its path belong to the caller's merchant; other merchants get 404.
    """

    needs: Permission | Literal["to be a service"] | None
    body: Mapping[str, Any] | None = None
    answers: int = 200
    if_match: str = '"1"'


ADDRESS = {"line": "12 Lý Thường Kiệt"}
COMPANY = {
    "kind": "company",
    "company_name": "Công ty A",
    "tax_code": "0100233488",
    "address": "1 Tràng Tiền, Hà Nội",
}

PROGRAM = {
    "tiers": [{"code": "gold", "name": "Vàng", "min_spent": 1_000, "earn_vnd_per_point": 1_000}]
}

#: Routes that need no token.
OPEN = {"GET /health"}

CASES: Mapping[str, Case] = {
    # the customer record
    "POST /customers": Case("customers:manage", {"full_name": "Ánh"}, 201),
    "POST /customers/lookup": Case("customers:read", {"code": "KH999999"}, 404),
    "POST /customers/bulk": Case(
        "customers:manage", {"customer_ids": ["01J0"], "add_tags": ["sỉ"]}
    ),
    "GET /customers/{customer_id}": Case("customers:read"),
    "PATCH /customers/{customer_id}": Case("customers:manage", {"gender": "female"}),
    "DELETE /customers/{customer_id}": Case("customers:manage"),
    "POST /customers/{customer_id}/restore": Case("customers:manage"),
    "GET /customers/{customer_id}/addresses": Case("customers:read"),
    "POST /customers/{customer_id}/addresses": Case("customers:manage", ADDRESS, 201),
    "PATCH /customers/{customer_id}/addresses/{address_id}": Case("customers:manage", ADDRESS),
    "DELETE /customers/{customer_id}/addresses/{address_id}": Case("customers:manage"),
    "PUT /customers/{customer_id}/tags/{tag}": Case("customers:manage"),
    "DELETE /customers/{customer_id}/tags/{tag}": Case("customers:manage"),
    "GET /customers/{customer_id}/invoice-profile": Case("customers:read"),
    "PUT /customers/{customer_id}/invoice-profile": Case("customers:manage", COMPANY),
    "DELETE /customers/{customer_id}/invoice-profile": Case("customers:manage"),
    # the history
    "GET /customers/{customer_id}/notes": Case("customers:read"),
    "POST /customers/{customer_id}/notes": Case("customers:manage", {"text": "Gọi lại"}, 201),
    "GET /customers/{customer_id}/activities": Case("customers:read"),
    # orders and metrics
    "GET /customers/{customer_id}/orders": Case("customers:read"),
    "GET /customers/{customer_id}/overview": Case("customers:read"),
    "GET /customers/{customer_id}/interactions": Case("customers:read"),
    "GET /customers/{customer_id}/metrics/explain": Case("customers:read"),
    "POST /customers/{customer_id}/metrics/rebuild": Case("settings:manage"),
    # lists
    "GET /customers": Case("customers:read"),
    "POST /customers/search": Case("customers:read", {"q": "Ánh"}),
    "GET /tags": Case("customers:read"),
    "GET /facets": Case("customers:read"),
    "GET /views": Case("customers:read"),
    "POST /views": Case("customers:read", {"name": "Khách mới"}, 201),
    "GET /views/{view_id}": Case("customers:read"),
    "PATCH /views/{view_id}": Case("customers:read", {"name": "Khách cũ"}),
    "DELETE /views/{view_id}": Case("customers:read"),
    # files
    "GET /imports": Case("customers:read"),
    "GET /imports/template": Case("customers:import"),
    "POST /imports": Case(
        "customers:import", {"file_name": "khach.xlsx", "mode": "overwrite"}, 201
    ),
    "GET /imports/{import_id}": Case("customers:read"),
    "GET /imports/{import_id}/rows": Case("customers:read"),
    "GET /imports/{import_id}/report": Case("customers:import", None, 409),
    # The import's status refuses these after the permission check, so no state machine is needed.
    "POST /imports/{import_id}/commit": Case("customers:import", {"plan_hash": "0" * 64}, 409),
    "POST /imports/{import_id}/cancel": Case("customers:import"),
    "POST /imports/{import_id}/revert": Case("customers:import", None, 409),
    "GET /exports": Case("customers:read"),
    # Validation refuses this after the permission check, so no state machine is needed.
    "POST /exports": Case(
        "customers:export", {"scope": "all", "format": "csv", "customer_ids": ["01J0"]}, 422
    ),
    "GET /exports/{export_id}": Case("customers:read"),
    "GET /exports/{export_id}/file": Case("customers:export", None, 409),
    "POST /exports/{export_id}/cancel": Case("customers:export"),
    # merges
    "POST /merges/preview": Case(
        "customers:merge", {"survivor_id": "01J0", "loser_id": "01J1"}, 404
    ),
    "POST /merges": Case("customers:merge", {"survivor_id": "01J0", "loser_id": "01J1"}, 404),
    "GET /merges": Case("customers:merge"),
    "GET /merges/{merge_id}": Case("customers:merge"),
    "POST /merges/{merge_id}/undo": Case("customers:merge"),
    "GET /duplicates": Case("customers:merge"),
    "POST /duplicates/accept": Case("customers:merge", {"exact": True}),
    "POST /duplicates/{pair_id}/accept": Case("customers:merge"),
    "POST /duplicates/{pair_id}/dismiss": Case("customers:merge"),
    "POST /duplicates/{pair_id}/reopen": Case("customers:merge"),
    # loyalty
    "GET /loyalty/program": Case("customers:read"),
    "PUT /loyalty/program": Case("loyalty:manage", PROGRAM, 412, if_match='"9"'),
    "POST /loyalty/program/simulate": Case("loyalty:manage", {"version": 9}, 404),
    "POST /loyalty/program/activate": Case("loyalty:manage", {"version": 9}, 404),
    "GET /loyalty/program/recomputes/{job_id}": Case("loyalty:manage", None, 404),
    "GET /rewards": Case("customers:read"),
    "POST /rewards": Case("loyalty:manage", {"name": "Ly sứ", "points": 50}, 201),
    "GET /rewards/{reward_id}": Case("customers:read"),
    "PATCH /rewards/{reward_id}": Case("loyalty:manage", {"points": 40}),
    "GET /customers/{customer_id}/membership": Case("customers:read"),
    "POST /customers/{customer_id}/membership": Case("customers:manage"),
    # A rule refuses these after the permission check: nobody is a member yet.
    "PATCH /customers/{customer_id}/membership": Case(
        "loyalty:manage", {"tier": None, "reason": "Khách quen"}, 409
    ),
    "GET /customers/{customer_id}/points": Case("customers:read"),
    "GET /customers/{customer_id}/points/transactions": Case("customers:read"),
    "POST /customers/{customer_id}/points/adjustments": Case(
        "loyalty:adjust", {"points": 50, "reason": "Bù điểm"}, 409
    ),
    "GET /customers/{customer_id}/redemptions": Case("customers:read"),
    "POST /customers/{customer_id}/redemptions": Case(
        "customers:manage", {"reward_id": "01J0"}, 409
    ),
    "POST /redemptions/{redemption_id}/cancel": Case("customers:manage"),
    # personal data
    "GET /customers/{customer_id}/personal-data": Case("privacy:erase"),
    # A rule refuses this after the permission check, so no state machine is needed.
    "POST /customers/{customer_id}/erase": Case("privacy:erase", {"request_id": "01J0"}, 404),
    "POST /privacy-requests": Case(
        "privacy:erase", {"kind": "access", "customer_id": "01J0"}, 404
    ),
    "GET /privacy-requests": Case("privacy:erase"),
    "GET /privacy-requests/{request_id}": Case("privacy:erase"),
    "PATCH /privacy-requests/{request_id}": Case("privacy:erase", {"state": "in_progress"}),
    # events
    "POST /events": Case(
        "to be a service",
        {"events": [{"detail_type": "OrderPlaced", "source": "haravan", "detail": {}}]},
        422,
    ),
    "POST /events/replay": Case("settings:manage", {"updated_from": "2026-11-01"}, 202),
    # settings
    "GET /me": Case(None),
    "PATCH /me": Case("customers:read", {"list_columns": ["phone"]}, if_match='"0"'),
    "GET /settings": Case("customers:read"),
    "PATCH /settings": Case("settings:manage", {"locale": "en"}),
    "GET /groups": Case("customers:read"),
    "POST /groups": Case("settings:manage", {"name": "Khách lẻ"}, 201),
    "GET /groups/{group_id}": Case("customers:read"),
    "PATCH /groups/{group_id}": Case("settings:manage", {"name": "Đại lý"}),
    "DELETE /groups/{group_id}": Case("settings:manage"),
    "GET /settings/staff": Case("settings:manage"),
    # Validation refuses this after the permission check, so no login is needed.
    "POST /settings/staff": Case("settings:manage", {"email": "-", "role": "staff"}, 422),
    "GET /settings/staff/{user_id}": Case("settings:manage"),
    "PATCH /settings/staff/{user_id}": Case("settings:manage", {"role": "service"}, 422),
}
