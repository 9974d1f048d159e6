"""The loyalty ports in memory."""

from collections.abc import Iterable
from dataclasses import replace

from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.points import (
    Due,
    PointsEntry,
    PointsMove,
    PointsPage,
    PointsPosition,
    RedemptionPage,
)
from crm.domain.loyalty.programs import STANDARD, Program
from crm.domain.loyalty.rewards import Redemption, Reward
from crm.domain.merges.changeset import Changeset, RedemptionMove, StockMove


class InMemoryPrograms:
    """`ports.Programs` over dictionaries."""

    def __init__(self) -> None:
        self._versions: dict[MerchantId, dict[int, Program]] = {}
        self._active: dict[MerchantId, Program] = {}

    def active(self, merchant_id: MerchantId) -> Program:
        return self._active.get(merchant_id, STANDARD)

    def newest(self, merchant_id: MerchantId) -> Program:
        versions = self._versions.get(merchant_id, {})
        return versions[max(versions)] if versions else STANDARD

    def get(self, merchant_id: MerchantId, version: int) -> Program:
        try:
            return self._versions[merchant_id][version]
        except KeyError:
            raise NotFound("program_not_found") from None

    def add(self, merchant_id: MerchantId, program: Program) -> None:
        versions = self._versions.setdefault(merchant_id, {})
        if program.version in versions:
            raise Stale("stale", current_version=program.version)
        versions[program.version] = program

    def activate(self, merchant_id: MerchantId, before: Program, after: Program) -> None:
        if self.active(merchant_id).version != before.version:
            raise Conflict("program_moved")
        self._active[merchant_id] = after


class InMemoryRewards:
    """`ports.Rewards` over a dictionary."""

    def __init__(self) -> None:
        self._rewards: dict[tuple[MerchantId, str], Reward] = {}

    def all(self, merchant_id: MerchantId) -> list[Reward]:
        own = [each for (whose, _), each in self._rewards.items() if whose == merchant_id]
        return sorted(own, key=lambda each: each.id)

    def get(self, merchant_id: MerchantId, reward_id: str) -> Reward:
        try:
            return self._rewards[merchant_id, reward_id]
        except KeyError:
            raise NotFound("reward_not_found") from None

    def add(self, merchant_id: MerchantId, reward: Reward) -> None:
        self._rewards.setdefault((merchant_id, reward.id), reward)

    def replace(self, merchant_id: MerchantId, before: Reward, after: Reward) -> None:
        stored = self._rewards.get((merchant_id, before.id))
        if stored is None or stored.version != before.version:
            raise Stale("stale", current_version=stored.version if stored else None)
        stock = stored.stock if after.stock == before.stock else after.stock
        self._rewards[merchant_id, before.id] = replace(after, stock=stock)

    def fits(self, merchant_id: MerchantId, move: StockMove) -> bool:
        """Tell whether one is in stock at that price, or may be put back."""
        reward = self._rewards[merchant_id, move.reward_id]
        if move.given_back:
            return reward.stock is not None
        return reward.active and reward.points == move.points and bool(reward.stock)

    def move(self, merchant_id: MerchantId, move: StockMove) -> None:
        """Take one from stock, or put one back."""
        reward = self._rewards[merchant_id, move.reward_id]
        stock = (reward.stock or 0) + (1 if move.given_back else -1)
        self._rewards[merchant_id, reward.id] = replace(reward, stock=stock)


class InMemoryLoyalty:
    """`ports.Points` and `ports.DueLots` over dictionaries, beside programs and rewards."""

    def __init__(self) -> None:
        self.programs = InMemoryPrograms()
        self.rewards = InMemoryRewards()
        self._lines: dict[tuple[MerchantId, CustomerId], dict[PointsPosition, PointsEntry]] = {}
        self._redemptions: dict[tuple[MerchantId, str], Redemption] = {}
        self.reviews: dict[tuple[MerchantId, CustomerId], str] = {}

    def page(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: PointsPosition | None = None,
    ) -> PointsPage:
        lines = self._lines.get((merchant_id, customer_id), {})
        places = sorted((each for each in lines if not before or each < before), reverse=True)
        shown = tuple(lines[place] for place in places[:limit])
        return PointsPage(shown, len(places) > limit)

    def line(
        self, merchant_id: MerchantId, customer_id: CustomerId, place: PointsPosition
    ) -> PointsEntry | None:
        return self._lines.get((merchant_id, customer_id), {}).get(place)

    def redemptions(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: str | None = None,
    ) -> RedemptionPage:
        own = [
            each
            for (whose, _), each in self._redemptions.items()
            if whose == merchant_id
            and each.customer_id == customer_id
            and (before is None or each.id < before)
        ]
        newest = sorted(own, key=lambda each: each.id, reverse=True)
        return RedemptionPage(tuple(newest[:limit]), len(newest) > limit)

    def redemption(self, merchant_id: MerchantId, redemption_id: str) -> Redemption:
        try:
            return self._redemptions[merchant_id, redemption_id]
        except KeyError:
            raise NotFound("redemption_not_found") from None

    def due(self, shard: str, now: str) -> Iterable[Due]:
        """Return everything due in shard "00", the only one in memory."""
        if shard != "00":
            return []
        lots = [
            (line.lot.due_at, Due(merchant_id, customer_id, place))
            for (merchant_id, customer_id), lines in self._lines.items()
            for place, line in lines.items()
            if line.lot and line.lot.due_at and line.lot.due_at <= now
        ]
        reviews = [
            (at, Due(merchant_id, customer_id, None))
            for (merchant_id, customer_id), at in self.reviews.items()
            if at <= now
        ]
        return [each for _, each in sorted(lots + reviews, key=lambda each: each[0])]

    def fits(self, merchant_id: MerchantId, changeset: Changeset) -> bool:
        """Tell whether the lots, redemption and reward of a changeset are still as read."""
        return (
            all(self._lot_fits(merchant_id, *each) for each in changeset.points)
            and (
                changeset.redemption is None
                or self._redemption_fits(merchant_id, changeset.redemption)
            )
            and (changeset.stock is None or self.rewards.fits(merchant_id, changeset.stock))
        )

    def move(self, merchant_id: MerchantId, changeset: Changeset) -> None:
        """Store the loyalty rows of a changeset."""
        for customer_id, (before, after) in changeset.points:
            lines = self._lines.setdefault((merchant_id, customer_id), {})
            if before is not None:
                lines.pop(PointsPosition(before.at, before.id), None)
            lines[PointsPosition(after.at, after.id)] = after
        for _, customer in changeset.customers:
            review_at = customer.membership.review_at
            if review_at is None:
                self.reviews.pop((merchant_id, customer.id), None)
            else:
                self.reviews[merchant_id, customer.id] = review_at
        if changeset.redemption:
            redemption = changeset.redemption.after
            self._redemptions[merchant_id, redemption.id] = redemption
        if changeset.stock:
            self.rewards.move(merchant_id, changeset.stock)

    def _lot_fits(
        self, merchant_id: MerchantId, customer_id: CustomerId, move: PointsMove
    ) -> bool:
        seen = move.before
        if seen is None:
            return True
        stored = self.line(merchant_id, customer_id, PointsPosition(seen.at, seen.id))
        return stored is not None and stored.lot == seen.lot

    def _redemption_fits(self, merchant_id: MerchantId, move: RedemptionMove) -> bool:
        stored = self._redemptions.get((merchant_id, move.after.id))
        return (stored and stored.status) == (move.before and move.before.status)
