"""The states of an export and the events that move it; `docs/states.md` shows the same table."""

from typing import Literal

from crm.domain.kernel.transitions import StateMachine, Transition

Status = Literal["queued", "reading", "writing", "finished", "failed", "cancelled"]
Event = Literal["read", "write", "finish", "fail", "cancel", "erase"]

_WORKERS = "state machine"

EXPORT_STATES: StateMachine[Status, Event] = StateMachine(
    Transition(
        event="read",
        by=_WORKERS,
        starts=("queued", "reading", "writing"),
        leads_to=("reading",),
        condition="a running export is read again only by its own execution",
    ),
    Transition(event="write", by=_WORKERS, starts=("reading", "writing"), leads_to=("writing",)),
    Transition(
        event="finish",
        by=_WORKERS,
        starts=("reading", "writing"),
        leads_to=("finished",),
        condition="its file is written",
    ),
    Transition(
        event="fail",
        by=_WORKERS,
        starts=("queued", "reading", "writing"),
        leads_to=("failed",),
    ),
    Transition(
        event="cancel",
        by="merchant",
        starts=("queued", "reading", "writing"),
        leads_to=("cancelled",),
        repeats=("cancelled",),
        refused="export_ended",
    ),
    Transition(
        event="erase",
        by="erasure of a customer",
        starts=("queued", "reading", "writing", "finished"),
        leads_to=("failed",),
        condition="it may contain the customer, and its file has not expired",
    ),
)
