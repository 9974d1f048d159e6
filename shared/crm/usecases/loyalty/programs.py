"""A merchant's loyalty program: store a draft, see what it would do, let it count."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm.domain.customers.customer import Author, Customer
from crm.domain.customers.groups import Groups
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem, Stale
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
from crm.usecases.customers.editing import NewId
from crm.usecases.loyalty.membership import Change, Member, change_member

#: A simulation looks at so many customers while the caller waits; beyond, it becomes a job.
AT_ONCE = 6_000
#: A recompute that did not end by then is given up, so that the next may start.
_GIVEN_UP = timedelta(days=1)


class Walked(NamedTuple):
    """The effect on one page of customers, and where the next page of the bucket starts."""

    effect: Effect
    after: CustomerId | None


def store_program(
    merchant_id: MerchantId,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    programs: Programs,
    groups: Groups,
) -> Program:
    """Keep a draft as the next version, if the newest one is that which the caller saw."""
    newest = programs.newest(merchant_id)
    if newest.version != seen_version:
        raise Stale("stale", current_version=newest.version)
    program = read_program(fields, version=newest.version + 1)
    unknown = [
        Problem(f"tiers.{place}.group", "group_unknown", {"group": rung.group})
        for place, rung in enumerate(program.rungs)
        if rung.group and groups.find(rung.group) is None
    ]
    if unknown:
        raise Invalid("invalid_fields", *unknown)
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
    """Return what a version would do now; nothing if the book is too large to wait for it."""
    after = programs.get(merchant_id, version)
    before = programs.active(merchant_id)
    zone = merchants.get(merchant_id).zone
    effect, seen = Effect(), 0
    for bucket in walk.buckets(merchant_id):
        last: CustomerId | None = None
        while True:
            page = walk.page(merchant_id, bucket, last)
            for each in page.customers:
                if _counts(each):
                    effect += effect_on(each, before, after, zone, stamp(now))
            seen += len(page.customers)
            if seen > AT_ONCE:
                return None
            last = page.last
            if last is None:
                break
    return effect


def start_simulation(
    merchant_id: MerchantId,
    version: int,
    *,
    now: datetime,
    new_id: NewId,
    programs: Programs,
    recomputes: Recomputes,
    runs: RecomputeRuns,
) -> Recompute:
    """Start to count what a version would do, as a job."""
    previous = programs.active(merchant_id).version
    job = Recompute(
        id=new_id(now), version=version, previous=previous, dry_run=True, at=stamp(now)
    )
    return _started(merchant_id, job, recomputes, runs)


def activate(
    merchant_id: MerchantId,
    version: int,
    *,
    now: datetime,
    new_id: NewId,
    programs: Programs,
    recomputes: Recomputes,
    runs: RecomputeRuns,
) -> Recompute:
    """Let a draft count from now on, and start to put every member into its tier.

    The version that counts already only has its members looked at again. Refused while members
    are still being put into the tiers of the version before.
    """
    before = programs.active(merchant_id)
    program = programs.get(merchant_id, version)
    if version < before.version:
        raise Conflict("program_is_active")
    _refuse_while_running(merchant_id, now, recomputes)
    at = stamp(now)
    job = Recompute(id=new_id(now), version=version, previous=before.version, dry_run=False, at=at)
    if version > before.version:
        active = replace(program, since=before.since or at, activated_at=at)
        programs.activate(merchant_id, before, active)
    return _started(merchant_id, job, recomputes, runs)


def _started(
    merchant_id: MerchantId, job: Recompute, recomputes: Recomputes, runs: RecomputeRuns
) -> Recompute:
    """Keep a job and start it; one that cannot be started now is started from the stream."""
    recomputes.add(merchant_id, job)
    with suppress(Busy):
        runs.start(merchant_id, job.id)
    return job


def get_recompute(merchant_id: MerchantId, job_id: str, *, recomputes: Recomputes) -> Recompute:
    """Return a job, and how far it is."""
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
    """Count, and unless it is a dry run carry out, a version for the next customers of a bucket.

    Returns where the page after starts. What a page comes to is kept before anybody moves, so
    that a page that is done again after a failure counts as it did at first.
    """
    job = recomputes.get(merchant_id, job_id)
    program = programs.get(merchant_id, job.version)
    before = programs.get(merchant_id, job.previous) if job.previous else STANDARD
    zone = merchants.get(merchant_id).zone
    page = walk.page(merchant_id, bucket, after)
    members = [each for each in page.customers if _counts(each)]
    counts = (effect_on(each, before, program, zone, job.at) for each in members)
    effect = sum(counts, Effect())
    recomputes.count(merchant_id, job_id, f"{bucket}#{after or ''}", effect)
    if not job.dry_run:
        for each in page.customers:
            if each.status != "erased" and _is_member(each):
                _review(merchant_id, each, job, changesets)
    if page.last is None:
        recomputes.end(merchant_id, job_id, bucket)
    return page.last


def _review(
    merchant_id: MerchantId, customer: Customer, job: Recompute, changesets: Changesets
) -> None:
    """Put a member into the tier of the program that counts; at its tier, nothing is written."""

    def reviewing(member: Member, context: LoyaltyContext) -> Change:
        reason = f"program {job.version}"
        return Change(result=after_review(member.alone, context, reason), reason=reason)

    try:
        change_member(
            merchant_id,
            customer.id,
            reviewing,
            by=Author(SOURCE, f"program:{job.version}"),
            seed=f"{job.id} {customer.id}",
            now=moment(job.at),
            changesets=changesets,
        )
    except NotFound:
        return


def _is_member(record: Customer) -> bool:
    """Tell whether a record, by itself or with those merged into it, is a member's."""
    alone = standalone(record)
    return (record.membership.joined_at or alone.membership.joined_at) is not None


def _counts(customer: Customer) -> bool:
    return customer.status in {"active", "archived"}


def _refuse_while_running(merchant_id: MerchantId, now: datetime, recomputes: Recomputes) -> None:
    for job in recomputes.newest(merchant_id):
        if not job.dry_run and not job.is_done and moment(job.at) > now - _GIVEN_UP:
            raise Conflict("program_recomputing")
