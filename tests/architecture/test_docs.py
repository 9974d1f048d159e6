"""Documentation names only files, modules and definitions that exist, within length limits."""

import re
from pathlib import Path

import pytest

from gates import handlers

ROOT = handlers.FUNCTIONS.parent
DOCS = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "NOTICE")),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("benchmarks/*.md"),
    ]
)
QUESTIONS = 10
CHANGELOG_ENTRY = 160

_FOLDERS = "shared|crm|functions|tests|gates|local|benchmarks|docs|layers|statemachines|events"
_PATH = re.compile(
    rf"(?<![\w./<-])((?:{_FOLDERS})/[\w./-]*\.(?:py|md|json|yaml|tsv|txt|toml))(?![\w/])"
)
_FOLDER = re.compile(rf"`((?:{_FOLDERS})(?:/[\w-]+)+)/?`")
_MODULE = re.compile(r"`(crm(?:\.\w+)+)")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
_ANSWER = re.compile(r"(?:`(\w+)` in )?`([\w/]+\.py)`")


def _exists(path: str) -> bool:
    """Return whether a path exists; `crm/…` is below `shared`, as in the deployed layer."""
    return any((start / path).exists() for start in (ROOT, ROOT / "shared"))


def _resolves(name: str) -> bool:
    """Return whether a dotted name is a package, a module, or a name that a module defines."""
    place = ROOT / "shared"
    first, *rest = name.split(".")
    place /= first
    while rest and (place / rest[0]).is_dir():
        place /= rest.pop(0)
    if not rest:
        return True
    module = place / f"{rest[0]}.py"
    return module.is_file() and (len(rest) == 1 or _defines(module, rest[1]))


def _defines(module: Path, name: str) -> bool:
    pattern = rf"^(?:(?:async )?def |class |type )?{name}\b(?:\(|\[|:| =)"
    return re.search(pattern, module.read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: str(doc.relative_to(ROOT)))
def test_every_path_and_module_that_a_document_names_exists(doc: Path) -> None:
    text = doc.read_text(encoding="utf-8")

    missing = [path for path in _PATH.findall(text) if not _exists(path)]
    missing += [path for path in _FOLDER.findall(text) if not _exists(path)]
    missing += [name for name in _MODULE.findall(text) if not _resolves(name)]
    missing += [link for link in _LINK.findall(text) if not (doc.parent / link).exists()]

    assert missing == []


def test_a_missing_path_or_module_is_found() -> None:
    assert _PATH.findall("see `shared/crm/nowhere.py` and crm/domain/no.py") == [
        "shared/crm/nowhere.py",
        "crm/domain/no.py",
    ]
    assert not _exists("shared/crm/nowhere.py")
    assert _exists("crm/domain/values/phones.py")
    assert _resolves("crm.domain.values.phones.read_phone")
    assert not _resolves("crm.domain.values.phones.write_phone")
    assert not _resolves("crm.domain.phones")


def test_the_architecture_guide_answers_at_least_ten_questions_with_existing_files() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z][^|]*\?) \| (.*) \|$", text, re.MULTILINE)

    assert len(rows) >= QUESTIONS
    for question, answer in rows:
        answers = _ANSWER.findall(answer)
        assert answers, question
        for name, path in answers:
            assert (ROOT / path).is_file(), question
            assert not name or _defines(ROOT / path, name), question


def test_every_changelog_entry_is_one_short_line() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    entries = [line.removeprefix("- ") for line in lines if line.startswith("- ")]

    assert entries
    assert [entry for entry in entries if len(entry) > CHANGELOG_ENTRY] == []
    assert [line for line in lines if line.startswith(" ")] == []
