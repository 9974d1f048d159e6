"""Routes of a merchant's loyalty program, its recompute jobs and its rewards."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.idempotency.requests import Attempt
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.recomputes import Recompute
from crm.domain.loyalty.rewards import Reward
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.declarations import ACTION
from crm.http.loyalty.answers import effect_answer, program_answer, recompute_answer
from crm.http.loyalty.models import (
    ProgramAnswer,
    ProgramWrite,
    RecomputeAnswer,
    RewardAnswer,
    RewardPageAnswer,
    RewardPatch,
    RewardWrite,
    SimulationAnswer,
    VersionWrite,
)
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer
from crm.http.small_pages import answer_small_page
from crm.ports.customers import MerchantGroups
from crm.ports.lists import CustomerWalk
from crm.ports.loyalty import Programs, RecomputeRuns, Recomputes, Rewards
from crm.ports.merchants import Merchants
from crm.usecases.loyalty.programs import (
    activate,
    get_recompute,
    simulate,
    start_simulation,
    store_program,
)
from crm.usecases.loyalty.rewards import create_reward, edit_reward

RewardPath = Annotated[str, Path(description="The id of a reward.")]
RecomputePath = Annotated[str, Path(description="The id of a job.")]


def program_routes(
    app: Api,
    *,
    programs: Programs,
    groups: MerchantGroups,
    merchants: Merchants,
    walk: CustomerWalk,
    recomputes: Recomputes,
    runs: RecomputeRuns,
) -> None:
    """Add the routes of `/loyalty/program` and of its recompute jobs."""

    @app.get("/loyalty/program", permission="customers:read", answers=ProgramAnswer)
    def newest() -> Response[str]:
        return shown(programs.newest(app.merchant_id))

    @app.put("/loyalty/program", permission="loyalty:manage", answers=ProgramAnswer, if_match=True)
    def store(body: ProgramWrite) -> Response[str]:
        program = store_program(
            app.merchant_id,
            body.model_dump(),
            seen_version=app.seen_version,
            programs=programs,
            groups=groups.get(app.merchant_id),
        )
        return shown(program)

    def shown(program: Program) -> Response[str]:
        body = program_answer(program, programs.active(app.merchant_id))
        return answer(body, version=program.version)

    @app.post(
        "/loyalty/program/simulate",
        permission="loyalty:manage",
        answers=SimulationAnswer,
        also={HTTPStatus.ACCEPTED: RecomputeAnswer},
        failures=ACTION,
        once=None,
    )
    def what_if(body: VersionWrite) -> Response[str]:
        effect = simulate(
            app.merchant_id,
            body.version,
            now=app.now(),
            programs=programs,
            merchants=merchants,
            walk=walk,
        )
        if effect is not None:
            return answer(effect_answer(effect))
        job = start_simulation(
            app.merchant_id,
            body.version,
            act=app.act,
            programs=programs,
            recomputes=recomputes,
            runs=runs,
        )
        return _started(job)

    @app.get(
        "/loyalty/program/recomputes/<job_id>",
        permission="loyalty:manage",
        answers=RecomputeAnswer,
    )
    def progress(job_id: RecomputePath) -> Response[str]:
        job = get_recompute(app.merchant_id, job_id, recomputes=recomputes)
        return answer(recompute_answer(job))

    @app.post(
        "/loyalty/program/activate",
        permission="loyalty:manage",
        answers=RecomputeAnswer,
        status=HTTPStatus.ACCEPTED,
        failures=ACTION,
        once=progress,
    )
    def let_count(attempt: Attempt, body: VersionWrite) -> Response[str]:
        job = activate(
            app.merchant_id,
            attempt.created_id,
            body.version,
            act=attempt.act,
            programs=programs,
            recomputes=recomputes,
            runs=runs,
        )
        return _started(job)


def _started(job: Recompute) -> Response[str]:
    location = f"/loyalty/program/recomputes/{job.id}"
    return answer(recompute_answer(job), HTTPStatus.ACCEPTED, location=location)


def reward_routes(app: Api, *, rewards: Rewards, cursors: Cursors) -> None:
    """Add the routes of `/rewards` and `/rewards/{reward_id}`."""

    @app.get("/rewards", permission="customers:read", answers=RewardPageAnswer)
    def catalogue(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        return answer_small_page(
            cursors.of(app.merchant_id, {"collection": "rewards"}),
            rewards.all(app.merchant_id),
            lambda each: each.id,
            asdict,
            limit=limit,
            cursor=cursor,
        )

    @app.get("/rewards/<reward_id>", permission="customers:read", answers=RewardAnswer)
    def get(reward_id: RewardPath) -> Response[str]:
        return _answer_with(rewards.get(app.merchant_id, reward_id))

    @app.post(
        "/rewards",
        permission="loyalty:manage",
        answers=RewardAnswer,
        status=HTTPStatus.CREATED,
        once=get,
    )
    def create(attempt: Attempt, body: RewardWrite) -> Response[str]:
        reward = create_reward(
            app.merchant_id,
            attempt.created_id,
            body.model_dump(),
            act=attempt.act,
            rewards=rewards,
        )
        return _answer_with(reward, HTTPStatus.CREATED, f"/rewards/{reward.id}")

    @app.patch(
        "/rewards/<reward_id>", permission="loyalty:manage", answers=RewardAnswer, if_match=True
    )
    def edit(reward_id: RewardPath, body: RewardPatch) -> Response[str]:
        reward = edit_reward(
            app.merchant_id,
            reward_id,
            body.model_dump(exclude_unset=True),
            seen_version=app.seen_version,
            now=app.now(),
            rewards=rewards,
        )
        return _answer_with(reward)


def _answer_with(
    reward: Reward, status: HTTPStatus = HTTPStatus.OK, location: str | None = None
) -> Response[str]:
    return answer(asdict(reward), status, version=reward.version, location=location)
