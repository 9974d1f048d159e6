"""A loyalty program over HTTP, and the steps that its tests share."""

from typing import Any

from crm.domain.kernel.times import stamp
from crm.http.loyalty.models import RecomputeAnswer
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers as kept_customers
from crm.runtime.clock import now
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.orders import record_order
from functions.recompute_tiers.handler import lambda_handler as recompute_tiers
from tests.builders import MERCHANT, Ids
from tests.functions.requests import CONTEXT, Client
from tests.order_builders import an_incoming_customer, an_order

PROGRAM: dict[str, Any] = {
    "enrolment": "explicit",
    "tiers": [
        {"code": "silver", "name": "Bạc", "min_spent": 1_000_000, "earn_vnd_per_point": 10_000},
        {
            "code": "gold",
            "name": "Vàng",
            "min_spent": 5_000_000,
            "earn_vnd_per_point": 5_000,
            "group": "vip",
        },
    ],
    "window": "lifetime",
    "rounding": "down",
    "hold_days": 0,
    "expiry_months": None,
    "review": {"every": "year", "rule": "drop"},
}
BUCKETS = [f"{number:02x}" for number in range(16)]


def buy(total: int, number: int = 1, **fields: Any) -> None:
    order = an_order(number, total=total, paid=total, placed_at=stamp(now()), **fields)
    record_order(
        MERCHANT,
        order,
        an_incoming_customer(f"e-{number}-{order.version}", phone="0912345678"),
        now=now(),
        ports=EventPorts(kept_customers(), changesets(), Ids()),
    )


def activate_program(api: Client, program: dict[str, Any] | None = None) -> dict[str, Any]:
    """Store and activate a program, run its recompute and return the finished job."""
    newest = api.send("GET", "/loyalty/program")
    stored = api.send(
        "PUT", "/loyalty/program", program or PROGRAM, If_Match=newest.headers["ETag"]
    )
    assert stored.status == 200, stored.body
    started = api.send("POST", "/loyalty/program/activate", {"version": stored.body["version"]})
    assert started.status == 202, started.body
    RecomputeAnswer.model_validate(started.body)
    run_recompute(started.body["id"])
    job: dict[str, Any] = api.send("GET", f"/loyalty/program/recomputes/{started.body['id']}").body
    assert job["status"] == "finished"
    return job


def run_recompute(job_id: str) -> None:
    for bucket in BUCKETS:
        payload: dict[str, Any] = {"merchant_id": MERCHANT, "job_id": job_id, "bucket": bucket}
        while not payload.get("is_done"):
            payload = recompute_tiers(payload, CONTEXT)


def adjust_points(api: Client, path: str, points: int) -> None:
    body = {"points": points, "reason": "Bù điểm"}
    assert api.send("POST", f"{path}/points/adjustments", body).status == 201


def create_reward(api: Client, **fields: Any) -> str:
    made = api.send("POST", "/rewards", {"name": "Ly sứ", "points": 30, **fields})
    assert made.status == 201, made.body
    reward_id: str = made.body["id"]
    return reward_id


def ledger_lines(api: Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.send("GET", f"{path}/points/transactions").body["items"]
    return items
