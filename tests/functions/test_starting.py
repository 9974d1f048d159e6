"""Workers read their input by field name and create clients on first use."""

from typing import Any, NamedTuple

import pytest
from botocore.config import Config

from crm.runtime import clients
from crm.runtime.executions import read_payload


class Chunk(NamedTuple):
    import_id: str
    chunk: int
    after: str | None = None


def test_a_worker_reads_its_fields_and_ignores_others() -> None:
    payload = read_payload(Chunk, {"import_id": "01J", "chunk": 3, "execution": "arn"})

    assert payload == Chunk("01J", 3)


def test_a_missing_field_raises_an_error_that_names_it() -> None:
    with pytest.raises(TypeError, match="chunk"):
        read_payload(Chunk, {"import_id": "01J"})


def test_a_lazy_client_is_created_once_on_first_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    created: list[str] = []
    make = clients.client_of

    def making(service: str, config: Config) -> Any:
        created.append(service)
        return make(service, config)

    monkeypatch.setattr(clients, "client_of", making)
    client = clients.later_client_of("stepfunctions", Config())
    assert created == []

    assert client.meta.service_model.service_name == "stepfunctions"
    assert callable(client.start_execution)

    assert created == ["stepfunctions"]
