"""The deployed product as an end-to-end test sees it: HTTP, AWS's own doors, and the mailbox."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from local import people
from local.api import Answer, Api
from local.people import Login
from local.stack import Stack

SECONDS = 90
_BETWEEN_LOOKS = 0.1


class Mail(NamedTuple):
    """A mail that was sent."""

    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class Merchant:
    """A merchant of the deployment, and the people who work there."""

    def __init__(self, stack: Stack, merchant_id: str, logins: list[Login]) -> None:
        self.id = merchant_id
        self._stack = stack
        self._logins = {login.role: login for login in logins}
        self._tokens: dict[str, Mapping[str, str]] = {}

    def email(self, role: str) -> str:
        """Return the address of the person with a role: owner, manager, staff, viewer."""
        return self._logins[role].email

    def token(self, role: str = "manager", kind: str = "IdToken") -> str:
        """Return a token of the person with a role; `kind` is IdToken or AccessToken."""
        if role not in self._tokens:
            self._tokens[role] = people.tokens(self._stack, self._logins[role])
        return self._tokens[role][kind]

    def api(self, role: str = "manager") -> Api:
        """Return the API as the person with a role calls it."""
        return Api(self._stack.api_url, self.token(role))

    @cached_property
    def manager(self) -> Api:
        """The API as the manager calls it."""
        return self.api("manager")


class Deployed:
    """A stack with two merchants, who must not know of each other."""

    def __init__(
        self,
        stage: str,
        stack: Stack,
        merchant: Merchant,
        other: Merchant,
        home: Path | None = None,
    ) -> None:
        self.stage = stage
        #: Where the engine of this session keeps its data; nowhere if the stack is elsewhere.
        self.home = home
        self.stack = stack
        self.merchant = merchant
        self.other = other

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of the stack: TableName, FilesBucket, EventBusName, …."""
        return self.stack.outputs

    @property
    def anyone(self) -> Api:
        """The API as somebody without a token calls it."""
        return Api(self.stack.api_url)

    def api(self, token: str) -> Api:
        """Return the API as the holder of any token calls it."""
        return Api(self.stack.api_url, token)

    def client(self, service: str) -> Any:
        """Return a boto3 client with the rights of whoever deployed the stack."""
        return self.stack.client(service)

    def mails(self, to: str) -> list[Mail]:
        """Return the mails to an address, oldest first; only an engine shows them."""
        assert self.stack.engine, "mails can be read on this machine's engine alone"
        sent = Api(self.stack.engine.address).call("GET", "/_ministack/ses/messages").body
        return [
            Mail(
                each["Source"],
                tuple(each["To"]),
                each["Subject"],
                each["BodyText"],
                each["BodyHtml"],
            )
            for account in sent["messages"].values()
            for each in account
            if to in each["To"]
        ]

    def upload(self, form: Mapping[str, Any], content: bytes) -> Answer:
        """Send a file with the form of `POST /imports`, as a browser would."""
        boundary = uuid4().hex
        parts = b"".join(_parts(form["fields"], content, boundary))
        return Api(form["url"]).call(
            "POST",
            "",
            parts,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )


def eventually[Seen](look: Callable[[], Seen], holds: Callable[[Seen], bool]) -> Seen:
    """Look until what is seen holds, and return it; fail with what was seen last."""
    deadline = time.monotonic() + SECONDS
    while not holds(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {SECONDS} s"
        time.sleep(_BETWEEN_LOOKS)
    return seen


def created(api: Api, **fields: object) -> dict[str, Any]:
    """Create a customer and return it."""
    answer = api.call("POST", "/customers", {"full_name": "Nguyễn Thị Ánh", **fields})
    assert answer.status == HTTPStatus.CREATED, answer.text
    customer: dict[str, Any] = answer.body
    return customer


def _parts(fields: Mapping[str, str], content: bytes, boundary: str) -> Iterator[bytes]:
    for name, value in fields.items():
        yield (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        ).encode()
    yield (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    yield content + f"\r\n--{boundary}--\r\n".encode()
