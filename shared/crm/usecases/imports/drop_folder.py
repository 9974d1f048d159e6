"""Move a file from the drop folder to the uploads, which starts its import."""

from typing import Literal

from crm.domain.imports import file_names as import_files
from crm.domain.imports.drop_folder import Drop, job_of
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import MerchantId
from crm.ports.imports import Drops, Imports
from crm.ports.merchants import Merchants

Accepted = Literal["accepted", "refused", "quarantined", "ignored"]


def accept_drop(
    merchant_id: MerchantId, drop: Drop, *, merchants: Merchants, imports: Imports, drops: Drops
) -> Accepted:
    """Start the import of a dropped file, once; quarantine a file of an unknown merchant.

    A refused file starts an import too, which then fails with the reason and its mail.
    """
    if drop.is_folder:
        return "ignored"
    metadata = drops.metadata(merchant_id, drop)
    if metadata is None:
        return "ignored"
    try:
        merchant = merchants.get(merchant_id)
    except NotFound:
        drops.quarantine(merchant_id, drop)
        return "quarantined"
    job = job_of(drop, metadata, merchant)
    imports.add(merchant_id, job)
    name = import_files.upload(job.id)
    if job.file.refusal:
        drops.replace_with_empty(merchant_id, drop, "uploads", name)
        return "refused"
    drops.move(merchant_id, drop, "uploads", name)
    return "accepted"
