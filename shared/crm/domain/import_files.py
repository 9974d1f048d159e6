"""How the files of an import are called in the areas of the file store."""

from crm.domain.ids import ImportId


def upload(import_id: ImportId) -> str:
    """Return the name of what the merchant sent; its own name may tell who is in it."""
    return f"{import_id}/upload"


def rows(import_id: ImportId, chunk: int) -> str:
    """Return the name of a chunk's rows as they were read."""
    return f"{import_id}/rows/{chunk:04}.jsonl"


def plan(import_id: ImportId, chunk: int) -> str:
    """Return the name of a chunk's plan."""
    return f"{import_id}/plan/{chunk:04}.jsonl"


def targets(import_id: ImportId, chunk: int) -> str:
    """Return the name of the list of the customers that a chunk's plan overwrites."""
    return f"{import_id}/targets/{chunk:04}.json"


def outcomes(import_id: ImportId, chunk: int) -> str:
    """Return the name of what became of a chunk's rows."""
    return f"{import_id}/outcomes/{chunk:04}.jsonl"


def marks(import_id: ImportId) -> str:
    """Return the name of the marks of everybody that the rows name."""
    return f"{import_id}/marks"


def undone(import_id: ImportId, chunk: int) -> str:
    """Return the name of what taking an import back made of a chunk's rows."""
    return f"{import_id}/undone/{chunk:04}.jsonl"
