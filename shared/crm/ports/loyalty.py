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
    """The versions of a merchant's loyalty program, and the one that counts."""

    def active(self, merchant_id: MerchantId) -> Program:
        """Return the program that counts: `STANDARD` until one is activated."""
        ...

    def newest(self, merchant_id: MerchantId) -> Program:
        """Return the newest version, a draft or not: `STANDARD` until one is stored."""
        ...

    def get(self, merchant_id: MerchantId, version: int) -> Program:
        """Return a version, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, program: Program) -> None:
        """Keep a new version, or raise `Stale` if there is one of that number."""
        ...

    def activate(self, merchant_id: MerchantId, before: Program, after: Program) -> None:
        """Let `after` count in place of `before`, or raise `Conflict` if that counts no more."""
        ...


class Rewards(Protocol):
    """What a merchant's points buy; their stock moves with redemptions."""

    def all(self, merchant_id: MerchantId) -> Sequence[Reward]:
        """Return all rewards, oldest first."""
        ...

    def get(self, merchant_id: MerchantId, reward_id: str) -> Reward:
        """Return a reward, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, reward: Reward) -> None:
        """Keep a new reward, once, however often told."""
        ...

    def replace(self, merchant_id: MerchantId, before: Reward, after: Reward) -> None:
        """Write what differs if `before.version` still stands, else raise `Stale`."""
        ...


class Points(Protocol):
    """The ledgers of customers and their redemptions; movements write them."""

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
        """Return one line of a ledger, if it is there."""
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
    """Walks over a merchant's members for a version of the program."""

    def add(self, merchant_id: MerchantId, job: Recompute) -> None:
        """Keep a new job."""
        ...

    def get(self, merchant_id: MerchantId, job_id: str) -> Recompute:
        """Return a job with what its pages come to, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId) -> Sequence[Recompute]:
        """Return some jobs, the newest first, without what their pages come to."""
        ...

    def count(self, merchant_id: MerchantId, job_id: str, page: str, effect: Effect) -> None:
        """Keep what a page comes to; told again, the first count stands."""
        ...

    def end(self, merchant_id: MerchantId, job_id: str, bucket: str) -> None:
        """Note that a bucket was walked to its end."""
        ...


class RecomputeRuns(Protocol):
    """What carries recomputes out."""

    def start(self, merchant_id: MerchantId, job_id: str) -> None:
        """Start to carry a job out, once, however often asked; `Busy` if it cannot be now."""
        ...


class DueLots(Protocol):
    """What the sweep has to look at, of all merchants: it takes none first."""

    def due(self, shard: str, now: str) -> Iterable[Due]:
        """Yield the lots and the reviews of one shard that are due, the longest due first."""
        ...
