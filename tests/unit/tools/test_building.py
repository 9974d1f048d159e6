"""The build converts workflows to JSON and compiles the modules of layers."""

import json
import marshal
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

from local.building import as_json, compile_modules
from local.failures import CommandError

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


def test_a_numeric_placeholder_becomes_a_number_and_others_stay_text() -> None:
    text = as_json(MACHINE, ["Parallelism"])

    filled = json.loads(text.replace("${Parallelism}", "8"))
    assert filled["States"]["Each"]["MaxConcurrency"] == 8
    reading = filled["States"]["Each"]["ItemProcessor"]["States"]["Read"]
    assert reading["Resource"] == "${ReadFunction}"


def test_yaml_aliases_are_expanded() -> None:
    states = json.loads(as_json(MACHINE, []))["States"]["Each"]["ItemProcessor"]["States"]

    assert states["Again"]["Retry"] == states["Read"]["Retry"] == [{"MaxAttempts": 3}]


def test_the_modules_of_a_layer_are_compiled_for_the_lambda_runtime(tmp_path: Path) -> None:
    module = tmp_path / "python/crm/domain/values/names.py"
    module.parent.mkdir(parents=True)
    module.write_text("NAME = 1\n")

    compile_modules(tmp_path)

    compiled = Path(cache_from_source(str(module))).read_bytes()
    assert compiled[:4] == MAGIC_NUMBER
    assert int.from_bytes(compiled[4:8], "little") == 0b01  # unchecked hash-based
    code = marshal.loads(compiled[16:])  # noqa: S302 - our own code
    assert code.co_filename == "/opt/python/crm/domain/values/names.py"


def test_unused_data_tables_are_not_compiled(tmp_path: Path) -> None:
    table = tmp_path / "python/phonenumbers/geodata/data0.py"
    table.parent.mkdir(parents=True)
    table.write_text("DATA = {}\n")

    compile_modules(tmp_path)

    assert not Path(cache_from_source(str(table))).exists()


def test_a_module_that_does_not_compile_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("def\n")

    with pytest.raises(CommandError):
        compile_modules(tmp_path)
