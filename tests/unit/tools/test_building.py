"""Workflows are written as YAML and deployed as JSON; modules of layers are deployed compiled."""

import json
import marshal
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

from local.building import as_json, compile_modules
from local.failures import Impossible

MACHINE = """
StartAt: Each  # a comment
States:
  Each:
    Type: Map
    MaxConcurrency: ${Parallelism}
    ItemProcessor:
      StartAt: Read
      States:
        Read:
          Type: Task
          Resource: ${ReadFunction}
          Retry: &patient [{MaxAttempts: 3}]
          Next: Again
        Again: {Type: Task, Resource: "${ReadFunction}", Retry: *patient, End: true}
    End: true
"""


def test_a_placeholder_of_a_number_becomes_a_number_and_others_stay_text() -> None:
    text = as_json(MACHINE, ["Parallelism"])

    filled = json.loads(text.replace("${Parallelism}", "8"))
    assert filled["States"]["Each"]["MaxConcurrency"] == 8
    reading = filled["States"]["Each"]["ItemProcessor"]["States"]["Read"]
    assert reading["Resource"] == "${ReadFunction}"


def test_what_a_workflow_says_twice_by_reference_is_written_out() -> None:
    states = json.loads(as_json(MACHINE, []))["States"]["Each"]["ItemProcessor"]["States"]

    assert states["Again"]["Retry"] == states["Read"]["Retry"] == [{"MaxAttempts": 3}]


def test_a_layer_ships_with_its_modules_compiled_as_the_runtime_finds_them(tmp_path: Path) -> None:
    module = tmp_path / "python/crm/domain/values/names.py"
    module.parent.mkdir(parents=True)
    module.write_text("NAME = 1\n")

    compile_modules(tmp_path)

    compiled = Path(cache_from_source(str(module))).read_bytes()
    assert compiled[:4] == MAGIC_NUMBER
    assert int.from_bytes(compiled[4:8], "little") == 0b01  # by hash, and never compared
    code = marshal.loads(compiled[16:])  # noqa: S302 - compiled a moment ago
    assert code.co_filename == "/opt/python/crm/domain/values/names.py"


def test_tables_that_nothing_imports_are_left_as_they_are(tmp_path: Path) -> None:
    table = tmp_path / "python/phonenumbers/geodata/data0.py"
    table.parent.mkdir(parents=True)
    table.write_text("DATA = {}\n")

    compile_modules(tmp_path)

    assert not Path(cache_from_source(str(table))).exists()


def test_a_module_that_cannot_be_compiled_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("def\n")

    with pytest.raises(Impossible):
        compile_modules(tmp_path)
