"""Access to the deployed product for end-to-end tests: HTTP, AWS APIs, events and mails."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
_POLL_SECONDS = 0.1


class Mail(NamedTuple):
    """A sent mail."""

    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class Merchant:
    """A merchant of the deployment with one user in each role.

    A login is created when a test first needs its token, because most tests need only one.
    """

    def __init__(self, stack: Stack, merchant_id: str, logins: list[Login]) -> None:
        self.id = merchant_id
        self._stack = stack
        self._logins = {login.role: login for login in logins}
        self._tokens: dict[str, Mapping[str, str]] = {}

    def email(self, role: str) -> str:
        """Return the address of the user with a role: owner, manager, staff, viewer."""
        return self._logins[role].email

    def token(self, role: str = "manager", kind: str = "IdToken") -> str:
        """Return a token of the user with a role; `kind` is IdToken or AccessToken."""
        if role not in self._tokens:
            people.create_login(self._stack, self._logins[role])
            self._tokens[role] = people.tokens(self._stack, self._logins[role])
        return self._tokens[role][kind]

    def api(self, role: str = "manager") -> Api:
        """Return an API client of the user with a role."""
        return Api(self._stack.api_url, self.token(role))

    @cached_property
    def manager(self) -> Api:
        """The manager's API client."""
        return self.api("manager")


class Deployed:
    """A stack with two merchants, who must not see each other's data."""

    def __init__(
        self,
        stage: str,
        stack: Stack,
        merchant: Merchant,
        other: Merchant,
        home: Path | None = None,
    ) -> None:
        self.stage = stage
        #: The data folder of the session's engine; None on AWS.
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
        """An API client without a token."""
        return Api(self.stack.api_url)

    def api(self, token: str) -> Api:
        """Return an API client with a token."""
        return Api(self.stack.api_url, token)

    def client(self, service: str) -> Any:
        """Return a boto3 client with the deployer's credentials."""
        return self.stack.client(service)

    def mails(self, to: str) -> list[Mail]:
        """Return the mails to an address, oldest first, from the local engine."""
        assert self.stack.engine, "mails can only be read from the local engine"
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
        """Upload a file with the form of `POST /imports`, as a browser would."""
        boundary = uuid4().hex
        parts = b"".join(_parts(form["fields"], content, boundary))
        return Api(form["url"]).call(
            "POST",
            "",
            parts,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )


class Ear:
    """A queue that receives the product's events of one merchant."""

    def __init__(self, deployed: Deployed, url: str) -> None:
        self._queues = deployed.client("sqs")
        self._url = url

    def heard(self) -> Iterator[dict[str, Any]]:
        """Yield the events since the last call, each once."""
        while messages := self._queues.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                self._queues.delete_message(
                    QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
                )
                yield json.loads(message["Body"])


@contextmanager
def listening(deployed: Deployed, merchant: Merchant) -> Iterator[Ear]:
    """Receive the product's events of a merchant during the block."""
    events, queues = deployed.client("events"), deployed.client("sqs")
    bus, name = deployed.outputs["EventBusName"], f"ear-{merchant.id}"
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = {"source": ["khach-quen"], "detail": {"merchant_id": [merchant.id]}}
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    target = {"Id": "ear", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
    try:
        yield Ear(deployed, url)
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["ear"])
        events.delete_rule(Name=name, EventBusName=bus)
        queues.delete_queue(QueueUrl=url)


def connect(merchant: Merchant, *sources: str) -> None:
    """Set the sources from which a merchant accepts events."""
    owner = merchant.api("owner")
    etag = owner.call("GET", "/settings").headers["etag"]
    answer = owner.call(
        "PATCH", "/settings", {"connections": list(sources)}, headers={"If-Match": etag}
    )
    assert answer.status == HTTPStatus.OK, answer.text


def tell(deployed: Deployed, events: list[dict[str, Any]]) -> None:
    """Put events on the bus, ten at a time."""
    bus, client = deployed.outputs["EventBusName"], deployed.client("events")
    for start in range(0, len(events), 10):
        entries = [{**each, "EventBusName": bus} for each in events[start : start + 10]]
        assert client.put_events(Entries=entries)["FailedEntryCount"] == 0


def eventually[Seen](
    look: Callable[[], Seen], holds: Callable[[Seen], bool], seconds: float = SECONDS
) -> Seen:
    """Poll `look` until `holds` accepts its result and return it; fail with the last result."""
    deadline = time.monotonic() + seconds
    while not holds(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} s"
        time.sleep(_POLL_SECONDS)
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
