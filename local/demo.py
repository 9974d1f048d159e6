"""Create the demo merchant: a login for each role and invented customers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from crm.domain.merchants.merchant import ANY_SOURCE
from local import people
from local.api import Api
from local.demo_people import Person
from local.demo_people import people as generated
from local.failures import CommandError
from local.merchants import create_merchant
from local.people import ROLES, Login
from local.stack import Stack

NAME = "Quán Cà Phê Mộc"
CUSTOMERS = 500

#: It is valid on the local engine only.
_PASSWORD = "Khach-Quen-2026"  # noqa: S105 - and is printed
_WORKERS = 2
_LOADED = "/khach-quen/demo/customers"


def logins(merchant_id: str) -> Iterator[Login]:
    """Yield a login for each role of a merchant: owner@demo.example …."""
    for role in ROLES:
        yield Login(merchant_id, role, f"{role}@{merchant_id}.example", _PASSWORD)


def open_demo(stack: Stack, merchant_id: str, name: str) -> list[Login]:
    """Create a merchant with a login for each role."""
    created = list(logins(merchant_id))
    create_merchant(stack, merchant_id, name, created[0].email, (ANY_SOURCE,))
    for login in created:
        people.create_login(stack, login)
        people.store_login(stack, login)
    return created


def fill(stack: Stack, merchant_id: str) -> None:
    """Create the missing generated customers through the API."""
    store = stack.client("ssm")
    try:
        store.get_parameter(Name=_LOADED)
    except store.exceptions.ParameterNotFound:
        token = people.tokens(stack, people.stored_login(stack, merchant_id, "manager"))["IdToken"]
        bodies = list(generated(CUSTOMERS))
        with ThreadPoolExecutor(_WORKERS) as pool:
            shares = [bodies[start::_WORKERS] for start in range(_WORKERS)]
            for _ in pool.map(lambda share: _create(Api(stack.api_url, token), share), shares):
                pass
        store.put_parameter(Name=_LOADED, Value=str(CUSTOMERS), Type="String", Overwrite=True)


def _create(api: Api, bodies: list[Person]) -> None:
    for body in bodies:
        answer = api.call("POST", "/customers", body)
        if answer.status not in {HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
            raise CommandError(f"The API rejected a demo customer: {answer.status} {answer.text}")
