"""Routes of a merchant's loyalty program, its recompute jobs and its rewards."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from crm.domain.loyalty.rewards import Reward
from crm.http.api import ACTION, CHANGE, CREATE, READ, Api, answer, answers
from crm.http.cursors import Cursors
from crm.http.etags import etag, seen_version
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
from crm.http.parameters import CursorQuery, IfMatch
from crm.http.small_pages import small_page
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
Limit = Annotated[int, Query(ge=1, le=100)]


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

    @app.get("/loyalty/program", responses=answers(ProgramAnswer))
    def newest() -> Response[str]:
        merchant_id = app.caller_with("customers:read").merchant_id
        program = programs.newest(merchant_id)
        shown = program_answer(program, programs.active(merchant_id))
        return answer(shown, headers={"ETag": etag(program.version)})

    @app.put("/loyalty/program", responses=answers(ProgramAnswer, failures=CHANGE))
    def store(body: ProgramWrite, if_match: IfMatch = "") -> Response[str]:
        merchant_id = app.caller_with("loyalty:manage").merchant_id
        program = store_program(
            merchant_id,
            body.model_dump(),
            seen_version=seen_version(if_match),
            programs=programs,
            groups=groups.get(merchant_id),
        )
        shown = program_answer(program, programs.active(merchant_id))
        return answer(shown, headers={"ETag": etag(program.version)})

    @app.post(
        "/loyalty/program/simulate",
        responses=answers(SimulationAnswer, failures=ACTION)
        | answers(RecomputeAnswer, HTTPStatus.ACCEPTED),
    )
    @app.repeatable
    def what_if(body: VersionWrite) -> Response[str]:
        merchant_id = app.caller_with("loyalty:manage").merchant_id
        effect = simulate(
            merchant_id,
            body.version,
            now=app.now(),
            programs=programs,
            merchants=merchants,
            walk=walk,
        )
        if effect is not None:
            return answer(effect_answer(effect))
        job = start_simulation(
            merchant_id,
            body.version,
            act=app.act,
            programs=programs,
            recomputes=recomputes,
            runs=runs,
        )
        place = {"Location": f"/loyalty/program/recomputes/{job.id}"}
        return answer(recompute_answer(job), HTTPStatus.ACCEPTED, place)

    def shown(job_id: str) -> Response[str]:
        merchant_id = app.caller_with("loyalty:manage").merchant_id
        return answer(recompute_answer(get_recompute(merchant_id, job_id, recomputes=recomputes)))

    @app.get(
        "/loyalty/program/recomputes/<job_id>",
        responses=answers(RecomputeAnswer, failures=READ),
    )
    def progress(job_id: RecomputePath) -> Response[str]:
        return shown(job_id)

    @app.post(
        "/loyalty/program/activate",
        responses=answers(RecomputeAnswer, HTTPStatus.ACCEPTED, failures=ACTION),
    )
    @app.once(shown, creates=HTTPStatus.ACCEPTED)
    def let_count(body: VersionWrite) -> Response[str]:
        merchant_id = app.caller_with("loyalty:manage").merchant_id
        job = activate(
            merchant_id,
            body.version,
            act=app.act,
            programs=programs,
            recomputes=recomputes,
            runs=runs,
        )
        place = {"Location": f"/loyalty/program/recomputes/{job.id}"}
        return answer(recompute_answer(job), HTTPStatus.ACCEPTED, place)


def reward_routes(app: Api, *, rewards: Rewards, cursors: Cursors) -> None:
    """Add the routes of `/rewards` and `/rewards/{reward_id}`."""

    @app.get("/rewards", responses=answers(RewardPageAnswer))
    def catalogue(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        merchant_id = app.caller_with("customers:read").merchant_id
        page = small_page(
            merchant_id,
            cursors,
            "rewards",
            [(each.id, each) for each in rewards.all(merchant_id)],
            limit=limit,
            cursor=cursor,
        )
        items = [asdict(each) for each in page.items]
        return answer({"items": items, "next_cursor": page.next_cursor})

    def shown(reward_id: str) -> Response[str]:
        merchant_id = app.caller_with("customers:read").merchant_id
        return _answer_with(rewards.get(merchant_id, reward_id))

    @app.post("/rewards", responses=answers(RewardAnswer, HTTPStatus.CREATED, failures=CREATE))
    @app.once(shown)
    def create(body: RewardWrite) -> Response[str]:
        merchant_id = app.caller_with("loyalty:manage").merchant_id
        reward = create_reward(merchant_id, body.model_dump(), act=app.act, rewards=rewards)
        return _answer_with(reward, HTTPStatus.CREATED, f"/rewards/{reward.id}")

    @app.get("/rewards/<reward_id>", responses=answers(RewardAnswer, failures=READ))
    def get(reward_id: RewardPath) -> Response[str]:
        return shown(reward_id)

    @app.patch("/rewards/<reward_id>", responses=answers(RewardAnswer, failures=CHANGE))
    def edit(reward_id: RewardPath, body: RewardPatch, if_match: IfMatch = "") -> Response[str]:
        merchant_id = app.caller_with("loyalty:manage").merchant_id
        reward = edit_reward(
            merchant_id,
            reward_id,
            body.model_dump(exclude_unset=True),
            seen_version=seen_version(if_match),
            now=app.now(),
            rewards=rewards,
        )
        return _answer_with(reward)


def _answer_with(
    reward: Reward, status: HTTPStatus = HTTPStatus.OK, location: str | None = None
) -> Response[str]:
    headers = {"ETag": etag(reward.version)}
    if location is not None:
        headers["Location"] = location
    return answer(asdict(reward), status, headers)
