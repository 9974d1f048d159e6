"""Change the number of shards of a merchant's list during reads and writes."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from crm.domain.customers.shards import MOST_SHARDS
from crm.domain.kernel.errors import Invalid
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import ListShards
from crm.ports.merchants import Merchants

#: After this time no process uses only the old shards: its cached number of shards has expired,
#: and its current request has ended.
SECONDS_TO_SETTLE = 45
BUCKETS = tuple(f"{bucket:02x}" for bucket in range(16))
_PAGES_A_CALL = 5

Step = Literal["begin", "open", "move", "finish"]


class Move(NamedTuple):
    """A step of resharding; `move` continues in a bucket after the last moved customer."""

    step: Step
    merchant_id: MerchantId
    shards: int
    bucket: str | None = None
    after: CustomerId | None = None


def take_step(move: Move, *, shards: ListShards, merchants: Merchants) -> dict[str, Any]:
    """Take one step of the state machine, and return the next steps' input; idempotent."""
    steps: dict[Step, Callable[[], dict[str, Any]]] = {
        "begin": lambda: _begin(move, shards, merchants),
        "open": lambda: _open(move, shards),
        "move": lambda: _move(move, shards),
        "finish": lambda: _finish(move, shards),
    }
    return {"merchant_id": move.merchant_id, "shards": move.shards, **steps[move.step]()}


def _begin(move: Move, shards: ListShards, merchants: Merchants) -> dict[str, Any]:
    if not 1 <= move.shards <= MOST_SHARDS:
        raise Invalid("shards_out_of_range", limit=MOST_SHARDS)
    merchants.get(move.merchant_id)
    shards.begin(move.merchant_id, move.shards)
    return {"wait_seconds": SECONDS_TO_SETTLE}


def _open(move: Move, shards: ListShards) -> dict[str, Any]:
    shards.open(move.merchant_id, move.shards)
    return {"wait_seconds": SECONDS_TO_SETTLE, "buckets": list(BUCKETS)}


def _move(move: Move, shards: ListShards) -> dict[str, Any]:
    after = move.after
    for _ in range(_PAGES_A_CALL):
        after = shards.move(move.merchant_id, move.bucket or "", move.shards, after)
        if after is None:
            break
    return {"bucket": move.bucket, "after": after, "is_done": after is None}


def _finish(move: Move, shards: ListShards) -> dict[str, Any]:
    return {"moved": shards.finish(move.merchant_id, move.shards).moved}
