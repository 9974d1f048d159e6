"""Every documented route accepts the callers that have its permission, and refuses all others.

The permissions are those that the routes declare, as their documentation shows.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from crm.domain.duplicates.scoring import KeptPair, format_pair_id, pair_id
from crm.domain.exports.job import ExportJob
from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.permissions import ALL, OF_ROLE, Permission
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.domain.merchants.staff import StaffMember
from crm.runtime.adapters.duplicates import pairs
from crm.runtime.adapters.exports import exports
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.staff import staff
from gates import handlers
from gates.expand import expanded
from gates.openapi import METHODS, own_document
from tests.builders import MERCHANT, OTHER_MERCHANT, moment
from tests.engines.clients import shared_client
from tests.functions.requests import Answered, Client
from tests.functions.route_cases import CASES, OPEN


class Route(NamedTuple):
    """A documented route: the folder of its function and its operation."""

    folder: str
    operation: Mapping[str, Any]

    @property
    def needs(self) -> str:
        """The permission, "service" or "none"."""
        needed: str = self.operation["x-permission"]
        return needed

    @property
    def headers(self) -> Collection[str]:
        """The names of the headers that it takes."""
        return {each["name"] for each in self.operation.get("parameters", ())}


ROUTES: Mapping[str, Route] = {
    f"{method.upper()} {path}": Route(folder, item[method])
    for folder in handlers.folders()
    if folder.endswith("_api")
    for path, item in own_document(folder)["paths"].items()
    for method in item.keys() & METHODS
}
ROUTES_WITH_CASE = sorted(CASES.keys() & ROUTES.keys())
_SERVICE = "service"


def test_every_documented_route_has_a_case_and_every_case_a_route() -> None:
    assert CASES.keys() | OPEN == ROUTES.keys()


@pytest.fixture(autouse=True)
def two_merchants(tables: None) -> None:
    """Create two merchants and the bucket of the import templates."""
    del tables
    shared_client("s3").create_bucket(
        Bucket=os.environ["FILES_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
    )
    for merchant_id in (MERCHANT, OTHER_MERCHANT):
        created_at = stamp(moment())
        email = f"{merchant_id}@example.vn"
        merchants().add(
            merchant_id,
            Merchant(id=merchant_id, name="Hoa", email=email, created_at=created_at),
        )


def _owner(folder: str, sub: str) -> Client:
    return Client(handlers.handler(folder).lambda_handler, role="owner", claims={"sub": sub})


def _customer(sub: str) -> str:
    body = {"full_name": "Ánh", "tags": ["sỉ"], "addresses": [{"line": "12 Lý Thường Kiệt"}]}
    created = _owner("customers_api", sub).send("POST", "/customers", body)
    assert created.status == 201, created.body
    customer_id: str = created.body["id"]
    return customer_id


def _of_customer(created: Mapping[str, str], sub: str) -> str:
    path = f"/customers/{created['customer_id']}/addresses"
    address_id: str = _owner("customers_api", sub).send("GET", path).body["items"][0]["id"]
    return address_id


def _posted(folder: str, path: str, body: Mapping[str, Any], sub: str) -> str:
    answer = _owner(folder, sub).send("POST", path, body)
    assert answer.status == 201, answer.body
    created: str = answer.body["id"]
    return created


def _export(sub: str) -> str:
    at = stamp(moment())
    job = ExportJob(
        merchant_id=MERCHANT,
        id=ExportId(derived_ulid(moment(), sub, uuid4().hex)),
        scope="all",
        format="csv",
        columns=("code",),
        locale="vi",
        masked=True,
        created_at=at,
        created_by=UserId(sub),
        email=None,
    )
    exports().add(MERCHANT, job)
    return job.id


def _redemption(sub: str) -> str:
    path = f"/customers/{_customer(sub)}"
    _owner("loyalty_api", sub).send("POST", f"{path}/membership")
    _posted("loyalty_api", f"{path}/points/adjustments", {"points": 50, "reason": "Bù điểm"}, sub)
    reward = _posted("loyalty_api", "/rewards", {"name": "Ly sứ", "points": 50}, sub)
    return _posted("loyalty_api", f"{path}/redemptions", {"reward_id": reward}, sub)


def _merge(sub: str) -> str:
    two = {"survivor_id": _customer(sub), "loser_id": _customer(sub)}
    return _posted("merges_api", "/merges", two, sub)


def _member(sub: str) -> str:
    del sub
    at = stamp(moment())
    member = StaffMember(
        merchant_id=MERCHANT,
        id=UserId(uuid4().hex),
        email="lan@example.vn",
        role="staff",
        made_by="invitation",
        created_at=at,
        updated_at=at,
    )
    staff().add(MERCHANT, member)
    return member.id


def _pair(sub: str) -> str:
    pair = pair_id(CustomerId(_customer(sub)), CustomerId(_customer(sub)))
    found = KeptPair(id=pair, is_listed=True, score=80, found_at=stamp(moment()))
    pairs().replace(MERCHANT, None, found)
    return format_pair_id(pair)


#: Path parameter → the function that creates its resource, given those created before and a user.
CREATE: Mapping[str, Callable[[Mapping[str, str], str], str]] = {
    "customer_id": lambda _, sub: _customer(sub),
    "address_id": _of_customer,
    "tag": lambda _, __: "sỉ",
    "view_id": lambda _, sub: _posted("lists_api", "/views", {"name": "Khách mới"}, sub),
    "import_id": lambda _, sub: _posted(
        "imports_api", "/imports", {"file_name": "khach.xlsx", "mode": "skip"}, sub
    ),
    "export_id": lambda _, sub: _export(sub),
    "group_id": lambda _, sub: _posted(
        "settings_api", "/groups", {"name": f"Nhóm {uuid4().hex[:8]}"}, sub
    ),
    "job_id": lambda _, __: "01J0",
    "reward_id": lambda _, sub: _posted(
        "loyalty_api", "/rewards", {"name": "Ly sứ", "points": 50}, sub
    ),
    "redemption_id": lambda _, sub: _redemption(sub),
    "user_id": lambda _, sub: _member(sub),
    "request_id": lambda _, sub: _posted(
        "privacy_api", "/privacy-requests", {"kind": "access", "customer_id": _customer(sub)}, sub
    ),
    "merge_id": lambda _, sub: _merge(sub),
    "pair_id": lambda _, sub: _pair(sub),
}


def _path(route: str, sub: str) -> str:
    """Return the path of a route, with new resources of the first merchant."""
    created: dict[str, str] = {}
    template = route.partition(" ")[2]
    for name in re.findall(r"\{(\w+)\}", template):
        created[name] = CREATE[name](created, sub)
    return template.format(**created)


def _send(route: str, *, sub: str = "user-lan", **caller: Any) -> Answered:
    """Send the request of a route's case as a caller."""
    case = CASES[route]
    claims = {"sub": sub, **caller.pop("claims", {})}
    client = Client(handlers.handler(ROUTES[route].folder).lambda_handler, claims=claims, **caller)
    method = route.partition(" ")[0]
    return client.send(method, _path(route, sub), case.body, If_Match=case.if_match)


def _service(*permissions: Permission, merchant_id: MerchantId = MERCHANT) -> str:
    """Create a service user with these permissions and return its id."""
    at = stamp(moment())
    sub = UserId(uuid4().hex)
    staff().add(
        merchant_id,
        StaffMember(
            merchant_id=merchant_id,
            id=sub,
            email=f"{sub}@example.vn",
            role="service",
            permissions=permissions,
            made_by="invitation",
            created_at=at,
            updated_at=at,
        ),
    )
    return sub


def _expected(route: str, rights: Collection[str]) -> int:
    return CASES[route].answers if ROUTES[route].needs in {"none", *rights} else 403


@pytest.mark.req("D15", "003-06", "003-10", "003-11")
@pytest.mark.parametrize("route", ROUTES_WITH_CASE)
def test_a_role_may_call_exactly_the_routes_that_it_has_permission_for(route: str) -> None:
    for role, rights in OF_ROLE.items():
        answer = _send(route, role=role, sub=f"user-{role}")
        assert answer.status == _expected(route, rights), (role, answer.body)


@pytest.mark.req("D15")
@pytest.mark.parametrize("route", ROUTES_WITH_CASE)
def test_a_service_user_needs_exactly_the_permission_of_the_route(route: str) -> None:
    needs = ROUTES[route].needs
    listed = [each for each in sorted(ALL) if each == needs]
    others = [each for each in sorted(ALL) if each != needs]
    callers = {_service(*listed): listed, _service(*others): others, uuid4().hex: []}

    for sub, rights in callers.items():
        answer = _send(route, role=_SERVICE, sub=sub)
        assert answer.status == _expected(route, [*rights, _SERVICE]), answer.body


@pytest.mark.req("002-01")
@pytest.mark.parametrize("route", ROUTES_WITH_CASE)
def test_resources_of_one_merchant_do_not_exist_for_another(route: str) -> None:
    answer = _send(route, role="owner", merchant_id=OTHER_MERCHANT)

    expected = 404 if "{" in route else _expected(route, ALL)
    assert answer.status == expected, answer.body
    if answer.status < 300:
        assert MERCHANT not in str(answer.body)


@pytest.mark.parametrize("route", [each for each in ROUTES_WITH_CASE if "{" in each])
def test_an_impossibly_long_id_is_not_found_or_invalid(route: str) -> None:
    case = CASES[route]
    method, _, template = route.partition(" ")
    path = re.sub(r"\{\w+\}", "x" * 3_000, template)

    answer = _owner(ROUTES[route].folder, "user-lan").send(
        method, path, case.body, If_Match=case.if_match
    )

    assert answer.status in {404, 422}, answer.body


@pytest.mark.req("002-01")
@pytest.mark.parametrize("route", ROUTES_WITH_CASE)
def test_an_access_token_or_one_without_a_merchant_is_unauthenticated(route: str) -> None:
    for claims in ({"token_use": "access"}, {"custom:merchant_id": ""}):
        answer = _send(route, role="owner", claims=claims)
        assert answer.status == 401, answer.body
        assert answer.body["type"].endswith("/unauthenticated")


@pytest.mark.req("002-01")
@pytest.mark.parametrize("route", ROUTES_WITH_CASE)
def test_an_unknown_role_may_call_only_routes_without_a_permission(route: str) -> None:
    answer = _send(route, role="boss")

    assert answer.status == _expected(route, ())


#: What may be wrong with a request, and the status that tells it to those who have the permission.
FAULTS: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "a body that is not JSON": (422, {"body": "{"}),
    "a body with an unknown field": (422, {"body": {"nonsense": 1}}),
    "a body of another type": (415, {"body": "a", "Content_Type": "text/plain"}),
    "an unknown parameter": (400, {"query": {"nonsense": "1"}}),
    "no version": (428, {"If_Match": ""}),
    "a version that is none": (400, {"If_Match": "nonsense"}),
    "a key that is too long": (400, {"Idempotency_Key": "k" * 256}),
}


def _faults(route: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield the faults that a request to the route can have."""
    for fault, (status, request) in FAULTS.items():
        has_body = "requestBody" in ROUTES[route].operation
        header = next((each.replace("_", "-").lower() for each in request if "_" in each), None)
        if (has_body or "body" not in request) and (
            header in {None, "content-type"} or header in ROUTES[route].headers
        ):
            yield fault, status, request


@pytest.mark.req("D15", "003-06", "002-01")
@pytest.mark.parametrize("route", ROUTES_WITH_CASE)
def test_a_faulty_request_is_forbidden_to_those_without_the_permission(route: str) -> None:
    method, _, template = route.partition(" ")
    path, case = re.sub(r"\{\w+\}", "01J0", template), CASES[route]
    handler = handlers.handler(ROUTES[route].folder).lambda_handler
    everybody: Mapping[str, Collection[str]] = {**OF_ROLE, "boss": (), _SERVICE: (_SERVICE,)}
    for (role, rights), merchant_id in product(everybody.items(), (MERCHANT, OTHER_MERCHANT)):
        client = Client(handler, merchant_id, role)
        for fault, status, faulty in _faults(route):
            sent = {"body": case.body, "If_Match": case.if_match, **faulty}
            answer = client.send(method, path, **sent)
            expected = status if _expected(route, rights) != 403 else 403
            assert answer.status == expected, (role, fault, answer.body)


@pytest.mark.req("002-01")
@pytest.mark.parametrize("route", ROUTES_WITH_CASE)
def test_a_faulty_request_without_a_valid_token_is_unauthenticated(route: str) -> None:
    method, _, template = route.partition(" ")
    path = re.sub(r"\{\w+\}", "01J0", template)
    claims = {"token_use": "access"}
    client = Client(handlers.handler(ROUTES[route].folder).lambda_handler, claims=claims)

    for fault, _, faulty in _faults(route):
        answer = client.send(method, path, **faulty)
        assert answer.status == 401, (fault, answer.body)


@pytest.mark.req("002-01")
def test_the_gateway_requires_a_token_on_every_route_but_the_open_ones() -> None:
    resources = expanded()["Resources"].values()
    (api,) = (each for each in resources if each["Type"] == "AWS::ApiGateway::RestApi")
    paths = api["Properties"]["Body"]["paths"]

    security = {
        f"{method.upper()} {path}": operation.get("security")
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in METHODS
    }

    assert {route for route, each in security.items() if each != [{"Staff": []}]} == OPEN
