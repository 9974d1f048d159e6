"""The API as a program calls it: JSON in, JSON out, one connection kept open."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:  # noqa: ANN401 - whatever JSON is there
        """The body, read as JSON."""
        return json.loads(self.text)


class Api:
    """A caller of the API, with the rights of one token or of none."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = urlsplit(url)
        self._token = token
        self._connection: HTTPConnection | None = None

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return its answer, whatever its status."""
        sent = {"Accept": "application/json", **(headers or {})}
        if self._token:
            sent.setdefault("Authorization", f"Bearer {self._token}")
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        target = self._url.path + quote(path) + (f"?{urlencode(query)}" if query else "")
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self._send(method, target, content, sent)

    def _send(
        self, method: str, target: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        kept = self._connection
        self._connection = kept or self._connect()
        try:
            self._connection.request(method, target, content, dict(headers))
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (HTTPException, ConnectionError):
            self._connection.close()
            self._connection = None
            if kept is None:
                raise
            return self._send(method, target, content, headers)  # it was closed while it idled
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, text)

    def _connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        return kind(self._url.netloc, timeout=_SECONDS)
