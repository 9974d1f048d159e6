"""What a worker is given at its start: its input by name, and clients that wait to be used."""

from typing import Any, NamedTuple

import pytest
from botocore.config import Config

from crm.runtime import clients
from crm.runtime.payloads import read_payload


class Chunk(NamedTuple):
    import_id: str
    chunk: int
    after: str | None = None


def test_a_worker_takes_what_it_names_and_leaves_what_its_machine_says_beside() -> None:
    said = read_payload(Chunk, {"import_id": "01J", "chunk": 3, "execution": "arn"})

    assert said == Chunk("01J", 3)


def test_a_missing_field_is_a_defect_that_names_it() -> None:
    with pytest.raises(TypeError, match="chunk"):
        read_payload(Chunk, {"import_id": "01J"})


def test_a_client_that_waits_is_made_once_when_it_is_first_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    make = clients.client_of

    def making(service: str, config: Config) -> Any:
        made.append(service)
        return make(service, config)

    monkeypatch.setattr(clients, "client_of", making)
    client = clients.later_client_of("stepfunctions", Config())
    assert made == []

    assert client.meta.service_model.service_name == "stepfunctions"
    assert callable(client.start_execution)

    assert made == ["stepfunctions"]
