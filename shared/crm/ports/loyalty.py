"""Ports for loyalty programs, points and rewards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm.domain.kernel.ids import CustomerId, MerchantId
    from crm.domain.loyalty.points import (
        Due,
        PointsEntry,
        PointsPage,
        PointsPosition,
        RedemptionPage,
    )
    from crm.domain.loyalty.programs import Program
    from crm.domain.loyalty.recomputes import Effect, Recompute
    from crm.domain.loyalty.rewards import Redemption, Reward


class Programs(Protocol):
    """The versions of a merchant's loyalty program, and the active one."""

    def active(self, merchant_id: MerchantId) -> Program:
        """Return the active program: `STANDARD` until one is activated."""
        ...

    def newest(self, merchant_id: MerchantId) -> Program:
        """Return the newest version, draft or active: `STANDARD` until one is stored."""
        ...

    def get(self, merchant_id: MerchantId, version: int) -> Program:
        """Return a version, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, program: Program) -> None:
        """Store a new version, or raise `Stale` if its number is taken."""
        ...

    def activate(self, merchant_id: MerchantId, before: Program, after: Program) -> None:
        """Activate `after`, or raise `Conflict` if `before` is no longer active."""
        ...


class Rewards(Protocol):
    """The rewards of a merchant; redemptions change their stock."""

    def all(self, merchant_id: MerchantId) -> Sequence[Reward]:
        """Return all rewards, oldest first."""
        ...

    def get(self, merchant_id: MerchantId, reward_id: str) -> Reward:
        """Return a reward, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, reward: Reward) -> None:
        """Store a new reward; a repeated call has no effect."""
        ...

    def replace(self, merchant_id: MerchantId, before: Reward, after: Reward) -> None:
        """Write the changed fields, or raise `Stale` if the version is not `before.version`."""
        ...


class Points(Protocol):
    """The ledgers and redemptions of customers; changesets write them."""

    def page(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: PointsPosition | None = None,
    ) -> PointsPage:
        """Return lines of a ledger, newest first."""
        ...

    def line(
        self, merchant_id: MerchantId, customer_id: CustomerId, place: PointsPosition
    ) -> PointsEntry | None:
        """Return one line of a ledger, or None."""
        ...

    def redemptions(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: str | None = None,
    ) -> RedemptionPage:
        """Return redemptions of a customer, newest first."""
        ...

    def redemption(self, merchant_id: MerchantId, redemption_id: str) -> Redemption:
        """Return a redemption, or raise `NotFound`."""
        ...


class Recomputes(Protocol):
    """The recompute jobs of a merchant's program versions."""

    def add(self, merchant_id: MerchantId, job: Recompute) -> None:
        """Store a new job."""
        ...

    def get(self, merchant_id: MerchantId, job_id: str) -> Recompute:
        """Return a job with the total effect of its pages, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId) -> Sequence[Recompute]:
        """Return the newest jobs first, without their effects."""
        ...

    def count(
        self,
        merchant_id: MerchantId,
        job_id: str,
        effect: Effect,
        *,
        bucket: str,
        after: CustomerId | None,
    ) -> None:
        """Store the effect of the page of a bucket after a customer; the first effect stays."""
        ...

    def end(self, merchant_id: MerchantId, job_id: str, bucket: str) -> None:
        """Mark a bucket as walked to its end."""
        ...


class RecomputeRuns(Protocol):
    """The runner of recompute jobs."""

    def start(self, merchant_id: MerchantId, job_id: str) -> None:
        """Start a job, at most once; raise `Busy` if it cannot start now."""
        ...


class DueLots(Protocol):
    """The due lots and tier reviews of all merchants, hence no `merchant_id`."""

    def due(self, shard: str, now: str) -> Iterable[Due]:
        """Yield the due lots and reviews of one shard, longest due first."""
        ...
