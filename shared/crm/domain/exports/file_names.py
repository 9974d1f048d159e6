"""Names of the files of an export, in the area `exports`."""

from crm.domain.kernel.ids import ExportId

MANIFEST = "manifest.json"


def selection(export_id: ExportId) -> str:
    """Return the name of the list of selected customer ids."""
    return f"{export_id}/selection.json"


def part(export_id: ExportId, bucket: str, number: int, content_hash: str) -> str:
    """Return the name of a part; readers that race for one part write different files."""
    return f"{export_id}/parts/{bucket}/{number:05}-{content_hash[:16]}.ndjson"


def table(export_id: ExportId, content_hash: str, kind: str) -> str:
    """Return the name of the exported file; writers of different content never share one."""
    return f"{export_id}/{content_hash[:16]}.{kind}"


def manifest(export_id: ExportId) -> str:
    """Return the name of the manifest of an export."""
    return f"{export_id}/{MANIFEST}"
