"""A merchant's loyalty program: store drafts, simulate, activate and recompute."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.groups import Groups
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.conflicts import require_version
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import moment, stamp
from crm.domain.loyalty.membership import LoyaltyContext, after_review
from crm.domain.loyalty.programs import STANDARD, Program, read_program
from crm.domain.loyalty.recomputes import Effect, Recompute, effect_on
from crm.domain.loyalty.tiers import SOURCE
from crm.domain.merges.person import standalone
from crm.ports.lists import CustomerWalk
from crm.ports.loyalty import Programs, RecomputeRuns, Recomputes
from crm.ports.merchants import Merchants
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import Change, Member, change_member

#: The most customers that a simulation walks while the caller waits; beyond, it becomes a job.
MOST_SYNCHRONOUS = 6_000
#: A recompute running longer than this is abandoned, so that the next may start.
_ABANDONED_AFTER = timedelta(days=1)


def store_program(
    merchant_id: MerchantId,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    programs: Programs,
    groups: Groups,
) -> Program:
    """Store a draft as the next version; raise `Stale` unless the caller saw the newest one."""
    newest = programs.newest(merchant_id)
    require_version(seen_version, newest.version)
    program = read_program(fields, version=newest.version + 1)
    problems = [
        Problem(f"tiers.{place}.group", "group_unknown", {"group": rung.group})
        for place, rung in enumerate(program.rungs)
        if rung.group and groups.find(rung.group) is None
    ]
    if problems:
        raise Invalid("invalid_fields", *problems)
    programs.add(merchant_id, program)
    return program


def simulate(
    merchant_id: MerchantId,
    version: int,
    *,
    now: datetime,
    programs: Programs,
    merchants: Merchants,
    walk: CustomerWalk,
) -> Effect | None:
    """Return the effect of activating a version now; None if there are too many customers."""
    after = programs.get(merchant_id, version)
    before = programs.active(merchant_id)
    zone = merchants.get(merchant_id).zone
    effect, seen = Effect(), 0
    for bucket in walk.buckets(merchant_id):
        last: CustomerId | None = None
        while True:
            page = walk.page(merchant_id, bucket, last)
            for each in page.customers:
                if _is_counted(each):
                    effect += effect_on(each, before, after, zone, stamp(now))
            seen += len(page.customers)
            if seen > MOST_SYNCHRONOUS:
                return None
            last = page.last
            if last is None:
                break
    return effect


def start_simulation(
    merchant_id: MerchantId,
    version: int,
    *,
    act: Act,
    programs: Programs,
    recomputes: Recomputes,
    runs: RecomputeRuns,
) -> Recompute:
    """Start a dry-run job that counts the effect of a version."""
    previous = programs.active(merchant_id).version
    job = Recompute(id=act.new_id(), version=version, previous=previous, dry_run=True, at=act.at)
    return _start_job(merchant_id, job, recomputes, runs)


def activate(
    merchant_id: MerchantId,
    job_id: str,
    version: int,
    *,
    act: Act,
    programs: Programs,
    recomputes: Recomputes,
    runs: RecomputeRuns,
) -> Recompute:
    """Activate a draft, and start the job that moves every member to the new tiers.

    For the active version, only the job runs again. Raises `Conflict` for an older version, or
    while another recompute is running.
    """
    before = programs.active(merchant_id)
    program = programs.get(merchant_id, version)
    if version < before.version:
        raise Conflict("program_is_active")
    _refuse_while_running(merchant_id, act.now, recomputes)
    at = act.at
    job = Recompute(id=job_id, version=version, previous=before.version, dry_run=False, at=at)
    if version > before.version:
        active = replace(program, since=before.since or at, activated_at=at)
        programs.activate(merchant_id, before, active)
    return _start_job(merchant_id, job, recomputes, runs)


def _start_job(
    merchant_id: MerchantId, job: Recompute, recomputes: Recomputes, runs: RecomputeRuns
) -> Recompute:
    """Store a job and start it; if it cannot start now, the stream starts it later."""
    recomputes.add(merchant_id, job)
    with suppress(Busy):
        runs.start(merchant_id, job.id)
    return job


def get_recompute(merchant_id: MerchantId, job_id: str, *, recomputes: Recomputes) -> Recompute:
    """Return a job with its progress."""
    return recomputes.get(merchant_id, job_id)


def recompute_page(
    merchant_id: MerchantId,
    job_id: str,
    bucket: str,
    after: CustomerId | None,
    *,
    programs: Programs,
    merchants: Merchants,
    walk: CustomerWalk,
    changesets: Changesets,
    recomputes: Recomputes,
) -> CustomerId | None:
    """Process the next page of a bucket: count the effect and, unless a dry run, move members.

    Returns where the next page starts. The effect is stored before members move, so that a page
    repeated after a failure keeps its first count.
    """
    job = recomputes.get(merchant_id, job_id)
    program = programs.get(merchant_id, job.version)
    before = programs.get(merchant_id, job.previous) if job.previous else STANDARD
    zone = merchants.get(merchant_id).zone
    page = walk.page(merchant_id, bucket, after)
    members = [each for each in page.customers if _is_counted(each)]
    counts = (effect_on(each, before, program, zone, job.at) for each in members)
    effect = sum(counts, Effect())
    recomputes.count(merchant_id, job_id, effect, bucket=bucket, after=after)
    if not job.dry_run:
        for each in page.customers:
            if each.status != "erased" and _is_member(each):
                _review_member(merchant_id, each, job, changesets)
    if page.last is None:
        recomputes.end(merchant_id, job_id, bucket)
    return page.last


def _review_member(
    merchant_id: MerchantId, customer: Customer, job: Recompute, changesets: Changesets
) -> None:
    """Move a member to the tier of the active program; write nothing if it has that tier."""

    def review(member: Member, context: LoyaltyContext) -> Change:
        reason = f"program {job.version}"
        return Change(result=after_review(member.alone, context, reason), reason=reason)

    try:
        change_member(
            merchant_id,
            customer.id,
            review,
            by=Author(SOURCE, f"program:{job.version}"),
            seed=f"{job.id} {customer.id}",
            now=moment(job.at),
            changesets=changesets,
        )
    except NotFound:
        return


def _is_member(record: Customer) -> bool:
    """Tell whether a record, standalone or pooled, is a member."""
    alone = standalone(record)
    return (record.membership.joined_at or alone.membership.joined_at) is not None


def _is_counted(customer: Customer) -> bool:
    return customer.status in {"active", "archived"}


def _refuse_while_running(merchant_id: MerchantId, now: datetime, recomputes: Recomputes) -> None:
    for job in recomputes.newest(merchant_id):
        if not job.dry_run and not job.is_done and moment(job.at) > now - _ABANDONED_AFTER:
            raise Conflict("program_recomputing")
