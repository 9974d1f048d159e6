"""Read changes of imports, exports and recomputes from the table's stream."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from crm.aws.dynamodb.attributes import plain_row
from crm.aws.events.change_stream import sequence_of
from crm.aws.exports.jobs import export_of
from crm.aws.imports.jobs import import_of
from crm.aws.loyalty.recomputes import recompute_of
from crm.domain.events.job_events import Job, JobChange
from crm.domain.kernel.ids import MerchantId

#: M#<merchant>#JOB#<kind>
_PARTS = 4
_KINDS: Mapping[str, Callable[[MerchantId, Mapping[str, Any]], Job]] = {
    "import": import_of,
    "export": export_of,
    "recompute": recompute_of,
}


def job_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[JobChange]:
    """Yield the changes of jobs in the stream's order; skip other rows."""
    for record in records:
        change = record["dynamodb"]
        parts = change["Keys"]["pk"]["S"].split("#")
        if len(parts) != _PARTS or parts[2] != "JOB" or parts[3] not in _KINDS:
            continue
        merchant_id, job_of = MerchantId(parts[1]), _KINDS[parts[3]]
        old, new = change.get("OldImage"), change.get("NewImage")
        if new:
            yield JobChange(
                merchant_id=merchant_id,
                sequence=sequence_of(record),
                before=job_of(merchant_id, plain_row(old)) if old else None,
                after=job_of(merchant_id, plain_row(new)),
            )
