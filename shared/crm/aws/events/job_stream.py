"""Read changes of imports, exports and recomputes from the table's stream."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.events.change_stream import sequence_of
from crm.aws.exports.jobs import export_of
from crm.aws.imports.jobs import import_of
from crm.aws.loyalty.recomputes import recompute_of
from crm.domain.events.job_events import Job, JobChange
from crm.domain.kernel.ids import MerchantId

_KINDS: Mapping[str, Callable[[MerchantId, Mapping[str, Any]], Job]] = {
    "import": import_of,
    "export": export_of,
    "recompute": recompute_of,
}


def job_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[JobChange]:
    """Yield the changes of jobs in the stream's order; skip other rows."""
    for record in records:
        change = record["dynamodb"]
        partition = keys.job_partition(change["Keys"]["pk"]["S"])
        if partition is None or partition[1] not in _KINDS:
            continue
        merchant_id, kind = partition
        job_of = _KINDS[kind]
        old, new = change.get("OldImage"), change.get("NewImage")
        if new:
            yield JobChange(
                merchant_id=merchant_id,
                sequence=sequence_of(record),
                before=job_of(merchant_id, plain_row(old)) if old else None,
                after=job_of(merchant_id, plain_row(new)),
            )
