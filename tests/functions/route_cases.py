"""A valid request of each route, for the walk over all routes; a new route needs an entry here."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Case(NamedTuple):
    """A valid request: its body and its status for a caller with the route's permission.

    The resources in its path belong to the caller's merchant; other merchants get 404.
    """

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
    "POST /customers": Case({"full_name": "Ánh"}, 201),
    "POST /customers/lookup": Case({"code": "KH999999"}, 404),
    "POST /customers/bulk": Case({"customer_ids": ["01J0"], "add_tags": ["sỉ"]}),
    "GET /customers/{customer_id}": Case(),
    "PATCH /customers/{customer_id}": Case({"gender": "female"}),
    "DELETE /customers/{customer_id}": Case(),
    "POST /customers/{customer_id}/restore": Case(),
    "GET /customers/{customer_id}/addresses": Case(),
    "POST /customers/{customer_id}/addresses": Case(ADDRESS, 201),
    "PATCH /customers/{customer_id}/addresses/{address_id}": Case(ADDRESS),
    "DELETE /customers/{customer_id}/addresses/{address_id}": Case(),
    "PUT /customers/{customer_id}/tags/{tag}": Case(),
    "DELETE /customers/{customer_id}/tags/{tag}": Case(),
    "GET /customers/{customer_id}/invoice-profile": Case(),
    "PUT /customers/{customer_id}/invoice-profile": Case(COMPANY),
    "DELETE /customers/{customer_id}/invoice-profile": Case(),
    # the history
    "GET /customers/{customer_id}/notes": Case(),
    "POST /customers/{customer_id}/notes": Case({"text": "Gọi lại"}, 201),
    "GET /customers/{customer_id}/activities": Case(),
    # orders and metrics
    "GET /customers/{customer_id}/orders": Case(),
    "GET /customers/{customer_id}/overview": Case(),
    "GET /customers/{customer_id}/interactions": Case(),
    "GET /customers/{customer_id}/metrics/explain": Case(),
    "POST /customers/{customer_id}/metrics/rebuild": Case(),
    # lists
    "GET /customers": Case(),
    "POST /customers/search": Case({"q": "Ánh"}),
    "GET /tags": Case(),
    "GET /facets": Case(),
    "GET /views": Case(),
    "POST /views": Case({"name": "Khách mới"}, 201),
    "GET /views/{view_id}": Case(),
    "PATCH /views/{view_id}": Case({"name": "Khách cũ"}),
    "DELETE /views/{view_id}": Case(),
    # files
    "GET /imports": Case(),
    "GET /imports/template": Case(),
    "POST /imports": Case({"file_name": "khach.xlsx", "mode": "overwrite"}, 201),
    "GET /imports/{import_id}": Case(),
    "GET /imports/{import_id}/rows": Case(),
    "GET /imports/{import_id}/report": Case(None, 409),
    # The import's status refuses these after the permission check, so no state machine is needed.
    "POST /imports/{import_id}/commit": Case({"plan_hash": "0" * 64}, 409),
    "POST /imports/{import_id}/cancel": Case(),
    "POST /imports/{import_id}/revert": Case(None, 409),
    "GET /exports": Case(),
    # Validation refuses this after the permission check, so no state machine is needed.
    "POST /exports": Case({"scope": "all", "format": "csv", "customer_ids": ["01J0"]}, 422),
    "GET /exports/{export_id}": Case(),
    "GET /exports/{export_id}/file": Case(None, 409),
    "POST /exports/{export_id}/cancel": Case(),
    # merges
    "POST /merges/preview": Case({"survivor_id": "01J0", "loser_id": "01J1"}, 404),
    "POST /merges": Case({"survivor_id": "01J0", "loser_id": "01J1"}, 404),
    "GET /merges": Case(),
    "GET /merges/{merge_id}": Case(),
    "POST /merges/{merge_id}/undo": Case(),
    "GET /duplicates": Case(),
    "POST /duplicates/accept": Case({"exact": True}),
    "POST /duplicates/{pair_id}/accept": Case(),
    "POST /duplicates/{pair_id}/dismiss": Case(),
    "POST /duplicates/{pair_id}/reopen": Case(),
    # loyalty
    "GET /loyalty/program": Case(),
    "PUT /loyalty/program": Case(PROGRAM, 412, if_match='"9"'),
    "POST /loyalty/program/simulate": Case({"version": 9}, 404),
    "POST /loyalty/program/activate": Case({"version": 9}, 404),
    "GET /loyalty/program/recomputes/{job_id}": Case(None, 404),
    "GET /rewards": Case(),
    "POST /rewards": Case({"name": "Ly sứ", "points": 50}, 201),
    "GET /rewards/{reward_id}": Case(),
    "PATCH /rewards/{reward_id}": Case({"points": 40}),
    "GET /customers/{customer_id}/membership": Case(),
    "POST /customers/{customer_id}/membership": Case(),
    # A rule refuses these after the permission check: nobody is a member yet.
    "PATCH /customers/{customer_id}/membership": Case({"tier": None, "reason": "Khách quen"}, 409),
    "GET /customers/{customer_id}/points": Case(),
    "GET /customers/{customer_id}/points/transactions": Case(),
    "POST /customers/{customer_id}/points/adjustments": Case(
        {"points": 50, "reason": "Bù điểm"}, 409
    ),
    "GET /customers/{customer_id}/redemptions": Case(),
    "POST /customers/{customer_id}/redemptions": Case({"reward_id": "01J0"}, 409),
    "POST /redemptions/{redemption_id}/cancel": Case(),
    # personal data
    "GET /customers/{customer_id}/personal-data": Case(),
    # A rule refuses this after the permission check, so no state machine is needed.
    "POST /customers/{customer_id}/erase": Case({"request_id": "01J0"}, 404),
    "POST /privacy-requests": Case({"kind": "access", "customer_id": "01J0"}, 404),
    "GET /privacy-requests": Case(),
    "GET /privacy-requests/{request_id}": Case(),
    "PATCH /privacy-requests/{request_id}": Case({"state": "in_progress"}),
    # events
    "POST /events": Case(
        {"events": [{"detail_type": "OrderPlaced", "source": "haravan", "detail": {}}]},
        422,
    ),
    "POST /events/replay": Case({"updated_from": "2026-11-01"}, 202),
    # settings
    "GET /me": Case(),
    "PATCH /me": Case({"list_columns": ["phone"]}, if_match='"0"'),
    "GET /settings": Case(),
    "PATCH /settings": Case({"locale": "en"}),
    "GET /groups": Case(),
    "POST /groups": Case({"name": "Khách lẻ"}, 201),
    "GET /groups/{group_id}": Case(),
    "PATCH /groups/{group_id}": Case({"name": "Đại lý"}),
    "DELETE /groups/{group_id}": Case(),
    "GET /settings/staff": Case(),
    # Validation refuses this after the permission check, so no login is needed.
    "POST /settings/staff": Case({"email": "-", "role": "staff"}, 422),
    "GET /settings/staff/{user_id}": Case(),
    "PATCH /settings/staff/{user_id}": Case({"role": "service"}, 422),
}
