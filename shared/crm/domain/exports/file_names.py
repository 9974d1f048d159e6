"""How the files of an export are called in the area of exports."""

from crm.domain.kernel.ids import ExportId

MANIFEST = "manifest.json"


def selection(export_id: ExportId) -> str:
    """Return the name of the list of the customers that were selected."""
    return f"{export_id}/selection.json"


def part(export_id: ExportId, bucket: str, number: int, content_hash: str) -> str:
    """Return the name of some rows: two readers of one part never write the same file."""
    return f"{export_id}/parts/{bucket}/{number:05}-{content_hash[:16]}.ndjson"


def table(export_id: ExportId, content_hash: str, kind: str) -> str:
    """Return the name of the file itself; two writers never write the same."""
    return f"{export_id}/{content_hash[:16]}.{kind}"


def manifest(export_id: ExportId) -> str:
    """Return the name of what tells of the file."""
    return f"{export_id}/{MANIFEST}"
