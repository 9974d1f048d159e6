"""The demo merchant: a login for each role, and customers that nobody is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from crm.domain.merchants.merchant import ANY_SOURCE
from local import people
from local.api import Api
from local.demo_people import Person
from local.demo_people import people as generated
from local.failures import Impossible
from local.merchants import create_merchant
from local.people import ROLES, Login
from local.stack import Stack

NAME = "Quán Cà Phê Mộc"
CUSTOMERS = 500

#: It opens an engine on this machine and nothing else.
_PASSWORD = "Khach-Quen-2026"  # noqa: S105 - and is printed
_AT_A_TIME = 2
_LOADED = "/khach-quen/demo/customers"


def logins(merchant_id: str) -> Iterator[Login]:
    """Give the logins of a merchant's roles: owner@demo.example …."""
    for role in ROLES:
        yield Login(merchant_id, role, f"{role}@{merchant_id}.example", _PASSWORD)


def open_demo(stack: Stack, merchant_id: str, name: str) -> list[Login]:
    """Make a merchant with a login for each role."""
    made = list(logins(merchant_id))
    create_merchant(stack, merchant_id, name, made[0].email, (ANY_SOURCE,))
    for login in made:
        people.let_in(stack, login)
        people.remember(stack, login)
    return made


def fill(stack: Stack, merchant_id: str) -> None:
    """Create the generated customers that are not there yet, through the API."""
    store = stack.client("ssm")
    try:
        store.get_parameter(Name=_LOADED)
    except store.exceptions.ParameterNotFound:
        token = people.tokens(stack, people.cached(stack, merchant_id, "manager"))["IdToken"]
        bodies = list(generated(CUSTOMERS))
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            shares = [bodies[start::_AT_A_TIME] for start in range(_AT_A_TIME)]
            for _ in pool.map(lambda share: _create(Api(stack.api_url, token), share), shares):
                pass
        store.put_parameter(Name=_LOADED, Value=str(CUSTOMERS), Type="String", Overwrite=True)


def _create(api: Api, bodies: list[Person]) -> None:
    for body in bodies:
        answer = api.call("POST", "/customers", body)
        if answer.status not in {HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
            raise Impossible(f"The API refused a demo customer: {answer.status} {answer.text}")
