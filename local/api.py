"""A JSON client of the API."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of the API; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:  # noqa: ANN401 - any JSON
        """The parsed JSON body."""
        return json.loads(self.text)


class Api:
    """A client of the API that sends one token, or none."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = urlsplit(url)
        self._token = token

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return the response, whatever its status."""
        request_headers = {"Accept": "application/json", **(headers or {})}
        if self._token:
            request_headers.setdefault("Authorization", f"Bearer {self._token}")
        if body is not None:
            request_headers.setdefault("Content-Type", "application/json")
        target = self._url.path + quote(path) + (f"?{urlencode(query)}" if query else "")
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        with closing(kind(self._url.netloc, timeout=_SECONDS)) as connection:
            connection.request(method, target, content, request_headers)
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, received, answer.read().decode())
