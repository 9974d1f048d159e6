"""What each route asks of its caller: a new route adds a line here, or the walk fails."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from crm.domain.permissions import Permission


class Case(NamedTuple):
    """A request that gets past the door if its caller may: the permission, the body, the answer.

    The parts of the path are made for the merchant of the caller; a stranger is told 404.
    """

    needs: Permission | None
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

#: Who may call is everybody, with a token or without.
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
    # orders and figures
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
    "POST /imports": Case(
        "customers:import", {"file_name": "khach.xlsx", "mode": "overwrite"}, 201
    ),
    "GET /imports/{import_id}": Case("customers:read"),
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
    # Refused for what it asks, by the rule behind the door: no login need be there.
    "POST /settings/staff": Case("settings:manage", {"email": "-", "role": "staff"}, 422),
    "GET /settings/staff/{user_id}": Case("settings:manage"),
    "PATCH /settings/staff/{user_id}": Case("settings:manage", {"role": "service"}, 422),
}
