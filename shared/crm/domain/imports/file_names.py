"""Names of the files of an import in the file store."""

import re

from crm.domain.kernel.ids import ImportId
from crm.domain.messages.catalogue import Locale
from crm.domain.values.names import folded

_ENDINGS: dict[Locale, str] = {"vi": "can-sua", "en": "to-correct"}
_not_in_names = re.compile(r"[^a-z0-9]+").sub
_ending = re.compile(r"\.(?:xlsx|xlsm|xls|csv|tsv|txt)$", re.ASCII | re.IGNORECASE).search
_LONGEST_STEM = 60


def upload(import_id: ImportId) -> str:
    """Return the name of the merchant's file; its original name may contain personal data."""
    return f"{import_id}/upload"


def rows(import_id: ImportId, chunk: int) -> str:
    """Return the name of the rows read for a chunk."""
    return f"{import_id}/rows/{chunk:04}.jsonl"


def plan(import_id: ImportId, chunk: int) -> str:
    """Return the name of a chunk's plan."""
    return f"{import_id}/plan/{chunk:04}.jsonl"


def targets(import_id: ImportId, chunk: int) -> str:
    """Return the name of the list of the customers that a chunk's plan overwrites."""
    return f"{import_id}/targets/{chunk:04}.json"


def outcomes(import_id: ImportId, chunk: int) -> str:
    """Return the name of the outcomes of a chunk's rows."""
    return f"{import_id}/outcomes/{chunk:04}.jsonl"


def report(import_id: ImportId, kind: str) -> str:
    """Return the name of the report of the rows that need attention."""
    return f"{import_id}/report.{kind}"


def report_saved_as(file_name: str, kind: str, locale: Locale) -> str:
    """Return the download name of a file's report: "khach-thang-11-can-sua.xlsx"."""
    stem = file_name.rpartition(".")[0] or file_name
    plain = _not_in_names("-", folded(stem)).strip("-")[:_LONGEST_STEM].strip("-")
    return f"{plain or 'import'}-{_ENDINGS[locale]}.{kind}"


def nameless_file(file_name: str) -> str:
    """Return a file's name without the part that may be personal data: "***.xlsx"."""
    ending = _ending(file_name)
    return f"***{ending[0].lower() if ending else ''}"


def fingerprints(import_id: ImportId) -> str:
    """Return the name of the fingerprints of all identities in the rows."""
    return f"{import_id}/marks"


def undone(import_id: ImportId, chunk: int) -> str:
    """Return the name of the outcomes of reverting a chunk's rows."""
    return f"{import_id}/undone/{chunk:04}.jsonl"
