"""The states of an import and the events that move it; `docs/states.md` shows the same table."""

from typing import Literal

from crm.domain.kernel.transitions import StateMachine, Transition

Status = Literal[
    "awaiting_upload",
    "reading",
    "queued",
    "planning",
    "awaiting_commit",
    "applying",
    "finished",
    "failed",
    "cancelled",
    "expired",
    "reverting",
    "reverted",
]
Event = Literal[
    "read",
    "queue",
    "plan",
    "await_commit",
    "expire",
    "commit",
    "apply",
    "finish",
    "fail",
    "cancel",
    "stop",
    "revert",
    "finish_revert",
    "stop_revert",
]

_WORKERS = "state machine"
_MERCHANT = "merchant"
_UNPLANNED: tuple[Status, ...] = ("reading", "queued", "planning")
_RUNNING: tuple[Status, ...] = (*_UNPLANNED, "applying")

IMPORT_STATES: StateMachine[Status, Event] = StateMachine(
    Transition(
        event="read",
        by="arrival of the file",
        starts=("awaiting_upload", "failed", *_RUNNING),
        leads_to=("reading",),
        condition="a failed import was stopped and never reverted; a running one is read again"
        " only by its own execution",
    ),
    Transition(
        event="queue",
        by=_WORKERS,
        starts=_UNPLANNED,
        leads_to=("queued",),
        condition="another import holds the merchant's lock, or the plan is committed",
    ),
    Transition(
        event="plan",
        by=_WORKERS,
        starts=_UNPLANNED,
        leads_to=("planning",),
        condition="it holds the lock, and its plan is not committed",
    ),
    Transition(
        event="await_commit",
        by=_WORKERS,
        starts=("planning",),
        leads_to=("awaiting_commit",),
        condition="a dry run",
    ),
    Transition(
        event="expire",
        by="time",
        starts=("awaiting_commit",),
        leads_to=("expired",),
        condition="7 days after the plan; computed when the import is read, never stored",
    ),
    Transition(
        event="commit",
        by=_MERCHANT,
        starts=("awaiting_commit", "failed"),
        leads_to=("queued",),
        repeats=(
            "reading",
            "queued",
            "applying",
            "finished",
            "failed",
            "cancelled",
            "reverting",
            "reverted",
        ),
        refused="import_not_awaiting_commit",
        refused_in={"expired": "plan_expired"},
        condition="with the plan's hash; a failed import was stopped after its commit, at most"
        " 7 days ago",
    ),
    Transition(
        event="apply",
        by=_WORKERS,
        starts=("planning", "queued", "applying"),
        leads_to=("applying",),
        condition="no dry run, or its plan is committed",
    ),
    Transition(event="finish", by=_WORKERS, starts=("applying",), leads_to=("finished",)),
    Transition(
        event="fail",
        by=_WORKERS,
        starts=("awaiting_upload", *_RUNNING),
        leads_to=("failed",),
    ),
    Transition(
        event="cancel",
        by=_MERCHANT,
        starts=("awaiting_upload", *_UNPLANNED, "awaiting_commit", "applying"),
        leads_to=("cancelled",),
        repeats=("cancelled",),
        refused="import_ended",
    ),
    Transition(
        event="stop",
        by=_WORKERS,
        starts=("cancelled",),
        leads_to=("cancelled",),
        condition="it was cancelled while it was applied; its workers have stopped",
    ),
    Transition(
        event="revert",
        by=_MERCHANT,
        starts=("finished", "failed", "cancelled"),
        leads_to=("reverting",),
        repeats=("reverting", "reverted"),
        refused="import_not_revertible",
        condition="it wrote a customer, at most 30 days ago, and none of its workers may still"
        " write",
    ),
    Transition(event="finish_revert", by=_WORKERS, starts=("reverting",), leads_to=("reverted",)),
    Transition(
        event="stop_revert",
        by=_WORKERS,
        starts=("reverting",),
        leads_to=("finished", "failed", "cancelled"),
        condition="back to the state before the revert, which may be retried",
    ),
)
