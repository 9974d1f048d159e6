"""Response bodies of programs, memberships, ledger lines and recompute jobs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from crm.domain.customers.customer import Points
from crm.domain.kernel.times import day_of
from crm.domain.loyalty.points import PointsEntry
from crm.domain.loyalty.programs import Program, RankBy, program_shape
from crm.domain.loyalty.recomputes import BUCKETS, Effect, Recompute
from crm.domain.loyalty.tiers import Risk, next_rung, risk_after, worth
from crm.domain.messages.catalogue import Locale, text
from crm.usecases.loyalty.membership import MembershipView


def program_answer(program: Program, active: Program) -> dict[str, Any]:
    """Return a version of the program, and the number of the active one."""
    return {**program_shape(program), "active_version": active.version}


def points_answer(points: Points) -> dict[str, int]:
    """Return the balances of a ledger."""
    return {
        "earned": points.earned,
        "pending": points.pending,
        "available": points.available,
        "used": points.used,
        "expired": points.expired,
        "reversed": points.reversed,
    }


def membership_answer(view: MembershipView, locale: Locale, at: str) -> dict[str, Any]:
    """Return a membership with the next tier and the date at which this one is at risk."""
    customer, program = view.customer, view.program
    membership = customer.membership
    today = day_of(at, view.zone)
    rung = program.rung(membership.tier)
    is_free = membership.joined_at is not None and not customer.skip_auto_group
    risk = risk_after(customer, program, today) if is_free else None
    return {
        "is_member": membership.joined_at is not None,
        "joined_at": membership.joined_at,
        "tier": membership.tier,
        "tier_name": rung.name if rung else None,
        "is_frozen": customer.skip_auto_group,
        "ranking_points": membership.ranking_points,
        "worth": worth(customer, program, today),
        "points": points_answer(membership.points),
        "next_tier": _next_tier(view, locale, at),
        "at_risk": _risk(risk, program, locale) if risk else None,
    }


def line_answer(line: PointsEntry) -> dict[str, Any]:
    """Return a line of a ledger."""
    lot = line.lot
    return {
        "id": line.id,
        "at": line.at,
        "kind": line.kind,
        "points": line.points,
        "reason": line.reason,
        "order": {"source": line.order.source, "id": line.order.id} if line.order else None,
        "redemption_id": line.redemption_id,
        "source": line.by.source,
        "actor": line.by.actor,
        "lot": {
            "points": lot.points,
            "state": lot.state,
            "effective_at": lot.effective_at,
            "expires_at": lot.expires_at,
        }
        if lot
        else None,
    }


def effect_answer(effect: Effect) -> dict[str, Any]:
    """Return the effect of a version on members."""
    return {**asdict(effect), "examples": [each._asdict() for each in effect.examples]}


def recompute_answer(job: Recompute) -> Mapping[str, Any]:
    """Return a job with its progress."""
    return {
        "id": job.id,
        "version": job.version,
        "dry_run": job.dry_run,
        "status": "finished" if job.is_done else "running",
        "progress": {"done": len(job.ended), "total": BUCKETS},
        **effect_answer(job.effect),
    }


def _next_tier(view: MembershipView, locale: Locale, at: str) -> dict[str, Any] | None:
    today = day_of(at, view.zone)
    following = next_rung(view.customer, view.program, today)
    if following is None:
        return None
    rung, missing = following
    code = _MISSING[view.program.rank_by]
    message = text(code, locale, {"missing": _grouped(missing, locale), "tier": rung.name})
    return {"tier": rung.code, "name": rung.name, "missing": missing, "text": message}


def _risk(risk: Risk, program: Program, locale: Locale) -> dict[str, Any]:
    rung = program.rung(risk.tier)
    name = rung.name if rung else text("tier_unranked", locale, {})
    day = f"{risk.on:%d/%m/%Y}" if locale == "vi" else risk.on.isoformat()
    message = text("tier_at_risk", locale, {"day": day, "tier": name})
    return {"on": risk.on.isoformat(), "tier": risk.tier, "text": message}


_MISSING: Mapping[RankBy, str] = {
    "spent": "tier_missing_spend",
    "ranking_points": "tier_missing_points",
}


def _grouped(number: int, locale: Locale) -> str:
    """Format a number with the thousands separator of a locale."""
    grouped = f"{number:,}"
    return grouped.replace(",", ".") if locale == "vi" else grouped
