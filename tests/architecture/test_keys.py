"""Only the modules of keys write and read the keys of the table."""

import ast
import re
from collections.abc import Iterator

import pytest

from gates import handlers

ROOT = handlers.FUNCTIONS.parent / "shared/crm"
KEYS = [ROOT / f"aws/dynamodb/{name}.py" for name in ("keys", "history_keys", "duplicate_keys")]
#: Methods of texts that would write or read a key.
READING = {
    "split",
    "rsplit",
    "partition",
    "rpartition",
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "replace",
    "join",
}


def _texts(tree: ast.AST) -> Iterator[tuple[ast.Constant, str]]:
    """Yield the texts of a module, without docstrings."""
    prose = {
        statement.value
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node, node.value


def _words() -> set[str]:
    """Return the words in capitals of which keys consist."""
    return {
        word
        for module in KEYS
        for _, text in _texts(ast.parse(module.read_text(encoding="utf-8")))
        for word in re.findall(r"[A-Z]{2,}|[A-Z](?=#)", text)
    }


def _has_separator(node: ast.AST, *, first: bool = False) -> bool:
    """Return whether a text has a "#" that starts no placeholder, as in "#status" or f"#{name}".

    A "#" at the start of a text starts a placeholder if nothing stands before it.
    """
    if not isinstance(node, ast.Constant):
        return False
    return bool(re.search(r"[^ .,(]#" if first else r"(^|[^ .,(])#", str(node.value)))


def _is_key_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in {module.stem for module in KEYS}


def _is_part_of_keys(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and _is_key_module(node.value)


def _writes_or_reads(node: ast.AST) -> bool:
    """Return whether an expression joins texts to a key, or takes a key apart."""
    match node:
        case ast.JoinedStr(values=[first, *others]):
            return _has_separator(first, first=True) or any(map(_has_separator, others))
        case ast.FormattedValue(value=value):
            return _is_part_of_keys(value)
        case ast.Call(func=ast.Attribute(value=text, attr=name), args=args) if name in READING:
            return any(_has_separator(each) or _is_part_of_keys(each) for each in [text, *args])
        case _:
            return False


def _offences(tree: ast.AST, words: set[str]) -> Iterator[int]:
    """Yield the lines that have a part of a key."""
    for node, text in _texts(tree):
        if any(f"{word}#" in text for word in words):
            yield node.lineno


def _offences_in_aws(tree: ast.AST, words: set[str]) -> Iterator[int]:
    """Yield the lines that have a part of a key, or write or read one."""
    yield from _offences(tree, words)
    for node, text in _texts(tree):
        # "M" alone is one of DynamoDB's types.
        if text in words - {"M"}:
            yield node.lineno
    for expression in ast.walk(tree):
        if isinstance(expression, ast.expr) and _writes_or_reads(expression):
            yield expression.lineno


def test_no_other_module_writes_or_reads_a_key() -> None:
    words = _words()
    offending = []
    for file in sorted(ROOT.rglob("*.py")):
        if file not in KEYS:
            find = _offences_in_aws if ROOT / "aws" in file.parents else _offences
            tree = ast.parse(file.read_text(encoding="utf-8"))
            offending += [f"{file.relative_to(ROOT)}:{line}" for line in find(tree, words)]

    assert {"M", "ACT", "CLAIM", "POINTS", "DUPLICATES"} <= words
    assert offending == []


@pytest.mark.parametrize(
    "code",
    [
        'sk.startswith("ACT#")',
        'key = f"C#{customer_id}"',
        'key = f"M#{merchant_id}#JOB#{kind}"',
        '_, at, activity_id = sk.split("#")',
        'values = "#".join(parts)',
        'place = f"{status}#{sort_key}"',
        'prefix = f"{kind}#"',
        'is_claim = sk == "CLAIM"',
        "customer_id = sk.removeprefix(keys.ALSO)",
        "end = f'{history_keys.ORDER}~'",
        'archived = partition.endswith("#archived")',
    ],
)
def test_a_key_in_code_is_found(code: str) -> None:
    assert [*_offences_in_aws(ast.parse(code), _words())] != []


@pytest.mark.parametrize(
    "code",
    [
        'names = {"#status": "status"}',
        'condition = "attribute_exists(pk) AND #summary.#version = :seen"',
        'names[f"#{part}"] = part',
        'condition = f"({unchanged} OR attribute_not_exists(#version))"',
        "table.query(keys.of_job(merchant_id, kind, job_id))",
    ],
)
def test_a_placeholder_is_no_key(code: str) -> None:
    assert [*_offences_in_aws(ast.parse(code), _words())] == []
