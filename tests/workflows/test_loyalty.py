"""The state machines of loyalty, sweep and recompute, with their functions."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.loyalty.programs import STANDARD
from crm.domain.loyalty.recomputes import Recompute
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.loyalty import programs, recomputes
from crm.runtime.adapters.merchants import merchants
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.orders import record_order
from functions.recompute_tiers.handler import lambda_handler as recompute_tiers
from functions.sweep_loyalty.handler import lambda_handler as sweep_loyalty
from tests.builders import MERCHANT, Ids, customer_id, moment
from tests.functions.requests import CONTEXT
from tests.loyalty_builders import GOLD, SILVER, a_member, a_program
from tests.order_builders import HOA, an_incoming_customer, an_order, placed
from tests.workflows.machine import Execution

ROOT = Path(__file__).parents[2]
MEMBERS = 20
HOLD = a_program(hold_days=7)


@dataclass
class Clock:
    """A Lambda context whose time runs out after a number of calls."""

    calls: int = 1_000_000
    function_name: str = CONTEXT.function_name
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = CONTEXT.invoked_function_arn
    aws_request_id: str = CONTEXT.aws_request_id

    def get_remaining_time_in_millis(self) -> int:
        self.calls -= 1
        return 60_000 if self.calls >= 0 else 0


@pytest.fixture(autouse=True)
def shop() -> None:
    """Create a merchant with members who each have points on hold from one order."""
    merchants().add(MERCHANT, HOA)
    programs().activate(MERCHANT, STANDARD, HOLD)
    for number in range(1, MEMBERS + 1):
        phone = f"+8491{number:07}"
        customers().add(MERCHANT, replace(a_member(number), phone=phone))
        record_order(
            MERCHANT,
            an_order(number, total=1_000_000, placed_at=placed(0)),
            an_incoming_customer(f"e-{number}", phone=phone),
            now=moment(),
            ports=EventPorts(customers(), changesets(), Ids()),
        )


def _sweep(event: dict[str, Any], calls: int = 1_000_000) -> Any:
    return sweep_loyalty(event, cast("LambdaContext", Clock(calls)))


def _machine(name: str, function: str, handler: Any) -> Execution:
    path = ROOT / f"statemachines/{name}.asl.yaml"
    definition = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Execution(definition, {f"${{{function}}}": handler}, f"arn:{name}")


def _run_sweep(event: dict[str, Any], handler: Any) -> Execution:
    return _machine("sweep", "SweepLoyaltyFunctionArn", handler).run(event)


def _available() -> Counter[int]:
    members = [customers().get(MERCHANT, customer_id(n)) for n in range(1, MEMBERS + 1)]
    return Counter(each.membership.points.available for each in members)


def test_a_sweep_processes_items_due_by_the_now_of_its_input() -> None:
    early = _run_sweep({"now": placed(6)}, _sweep)
    assert early.status == "SUCCEEDED"
    assert _available() == {0: MEMBERS}

    done = _run_sweep({"now": placed(7)}, _sweep)

    assert sum(each["done"] for each in done.output) == MEMBERS
    assert _available() == {100: MEMBERS}


def test_a_sweep_continues_after_a_timeout_and_a_failed_one_can_be_repeated() -> None:
    calls = Counter[str]()

    def failing(event: dict[str, Any]) -> Any:
        calls[event["shard"]] += 1
        if event["shard"] == "07":
            _sweep(event, calls=1)
            raise RuntimeError
        return _sweep(event, calls=1)

    failed = _run_sweep({"now": placed(7)}, failing)
    assert failed.status == "FAILED"
    assert max(calls.values()) > 1
    done = _run_sweep({"now": placed(7)}, _sweep)

    assert done.status == "SUCCEEDED"
    assert _available() == {100: MEMBERS}


def test_without_a_now_a_sweep_uses_its_start_time() -> None:
    execution = _run_sweep({"time": "x"}, _sweep)

    assert execution.status == "SUCCEEDED"
    assert "UseStartTime" in execution.visited


def test_a_recompute_moves_every_member_to_the_tier_of_the_program() -> None:
    programs().add(MERCHANT, HOLD)
    ladder = (replace(SILVER, least=500_000), replace(GOLD, least=900_000))
    second = a_program(version=2, rungs=ladder)
    programs().add(MERCHANT, second)
    programs().activate(MERCHANT, HOLD, second)
    job = Recompute(id="01JJOB", version=2, previous=1, dry_run=False, at=placed(1))
    recomputes().add(MERCHANT, job)

    execution = _machine(
        "recompute", "RecomputeTiersFunctionArn", lambda event: recompute_tiers(event, CONTEXT)
    ).run({"merchant_id": MERCHANT, "job_id": "01JJOB"})

    assert execution.status == "SUCCEEDED"
    done = recomputes().get(MERCHANT, "01JJOB")
    assert done.is_done
    assert (done.effect.up, done.effect.same) == (MEMBERS, 0)
    members = [customers().get(MERCHANT, customer_id(n)) for n in range(1, MEMBERS + 1)]
    assert {(each.membership.tier, each.group) for each in members} == {("gold", "vip")}
