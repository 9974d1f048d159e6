"""`ports.Programs`, `ports.Rewards`, `ports.Points` and `ports.DueLots` in DynamoDB."""

from collections.abc import Iterator

from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Cancelled, Table, between, due_by, starting_with
from crm.aws.loyalty.rows import (
    points_of,
    program_of,
    program_row,
    redemption_of,
    reward_of,
    reward_row,
)
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.points import Due, PointsEntry, PointsPage, PointsPosition, RedemptionPage
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.rewards import Redemption, Reward


class DynamoPrograms:
    """The versions of a merchant's program, and the active one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def active(self, merchant_id: MerchantId) -> Program:
        """Return the active program."""
        return program_of(self._table.get(keys.of_active_program(merchant_id)))

    def newest(self, merchant_id: MerchantId) -> Program:
        """Return the newest version, draft or active."""
        answer = self._table.query(
            **between(keys.of_merchant(merchant_id), *keys.PROGRAM_VERSIONS),
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )
        return program_of(next(iter(answer["Items"]), None))

    def get(self, merchant_id: MerchantId, version: int) -> Program:
        """Return a version, or raise `NotFound`."""
        item = self._table.get(keys.of_program(merchant_id, version))
        if item is None:
            raise NotFound("program_not_found")
        return program_of(item)

    def add(self, merchant_id: MerchantId, program: Program) -> None:
        """Store a new version, or raise `Stale` if its number is taken."""
        draft = program_row(keys.of_program(merchant_id, program.version), program)
        try:
            self._table.write(self._table.putting(draft, "attribute_not_exists(pk)"))
        except Cancelled as cancelled:
            raise Stale("stale", current_version=program.version) from cancelled

    def activate(self, merchant_id: MerchantId, before: Program, after: Program) -> None:
        """Activate `after`, or raise `Conflict` if `before` is no longer active."""
        active = program_row(keys.of_active_program(merchant_id), after)
        same = "attribute_not_exists(pk)" if before.activated_at is None else "#version = :seen"
        seen = None if before.activated_at is None else {":seen": before.version}
        names = None if before.activated_at is None else {"#version": "version"}
        try:
            self._table.write(self._table.putting(active, same, seen, names))
        except Cancelled as cancelled:
            raise Conflict("program_moved") from cancelled


class DynamoRewards:
    """The rewards of a merchant."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self, merchant_id: MerchantId) -> list[Reward]:
        """Return all rewards, oldest first."""
        rows = self._table.query_all(
            **starting_with(keys.of_merchant(merchant_id), keys.REWARD),
            ConsistentRead=True,
        )
        return [reward_of(item) for item in rows]

    def get(self, merchant_id: MerchantId, reward_id: str) -> Reward:
        """Return a reward, or raise `NotFound`."""
        item = self._table.get(keys.of_reward(merchant_id, reward_id))
        if item is None:
            raise NotFound("reward_not_found")
        return reward_of(item)

    def add(self, merchant_id: MerchantId, reward: Reward) -> None:
        """Store a new reward; a repeated call has no effect."""
        item = reward_row(merchant_id, reward)
        try:
            self._table.write(self._table.putting(item, "attribute_not_exists(pk)"))
        except Cancelled:
            return

    def replace(self, merchant_id: MerchantId, before: Reward, after: Reward) -> None:
        """Write the changed fields, or raise `Stale` if the version is not `before.version`.

        Redemptions change the stock too, so it is written only if the edit changes it.
        """
        names = {"#version": "version"}
        values = {":seen": before.version, ":version": after.version}
        sets, removes = ["#version = :version"], []
        for name in ("name", "points", "stock", "active", "updated_at"):
            if getattr(before, name) == getattr(after, name):
                continue
            names[f"#{name}"] = name
            if getattr(after, name) is None:
                removes.append(f"#{name}")
            else:
                values[f":{name}"] = getattr(after, name)
                sets.append(f"#{name} = :{name}")
        expression = "SET " + ", ".join(sets)
        if removes:
            expression += " REMOVE " + ", ".join(removes)
        key = keys.of_reward(merchant_id, before.id)
        try:
            self._table.write(
                self._table.updating(key, expression, "#version = :seen", values, names)
            )
        except Cancelled as cancelled:
            stored = cancelled.refused[0]
            version = int(stored["version"]["N"]) if stored else None
            raise Stale("stale", current_version=version) from cancelled


class DynamoPoints:
    """The ledgers of customers, their redemptions, and the due lots and reviews."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: PointsPosition | None = None,
    ) -> PointsPage:
        """Return lines of a ledger, newest first."""
        start = history_keys.of_points(merchant_id, customer_id, before) if before else None
        rows, more = self._newest(merchant_id, customer_id, history_keys.POINTS, limit, start)
        lines = tuple(points_of(item) for item in rows)
        return PointsPage(lines, more)

    def line(
        self, merchant_id: MerchantId, customer_id: CustomerId, place: PointsPosition
    ) -> PointsEntry | None:
        """Return one line of a ledger, or None."""
        item = self._table.get(history_keys.of_points(merchant_id, customer_id, place))
        return points_of(item) if item else None

    def redemptions(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        *,
        limit: int,
        before: str | None = None,
    ) -> RedemptionPage:
        """Return redemptions of a customer, newest first."""
        start = history_keys.of_redemption(merchant_id, customer_id, before) if before else None
        rows, more = self._newest(merchant_id, customer_id, history_keys.REDEMPTION, limit, start)
        return RedemptionPage(tuple(redemption_of(plain_row(item)) for item in rows), more)

    def redemption(self, merchant_id: MerchantId, redemption_id: str) -> Redemption:
        """Return a redemption, or raise `NotFound`."""
        place = self._table.get(keys.of_redemption_place(merchant_id, redemption_id))
        if place is None:
            raise NotFound("redemption_not_found")
        whose = CustomerId(place["customer"]["S"])
        item = self._table.get(history_keys.of_redemption(merchant_id, whose, redemption_id))
        if item is None:
            raise NotFound("redemption_not_found")
        return redemption_of(plain_row(item))

    def due(self, shard: str, now: str) -> Iterator[Due]:
        """Yield the due lots and reviews of one shard, longest due first."""
        rows = self._table.query_all(
            **due_by(shard, now),
        )
        for item in rows:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            merchant_id = keys.merchant_of(pk)
            if history_keys.kind_of(sk) == history_keys.POINTS:
                whose = history_keys.customer_of(pk)
                yield Due(merchant_id, whose, PointsPosition(*history_keys.time_and_id(sk)))
            elif customer_id := keys.customer_in(sk):
                yield Due(merchant_id, customer_id, None)

    def _newest(
        self,
        merchant_id: MerchantId,
        customer_id: CustomerId,
        prefix: str,
        limit: int,
        start: keys.Key | None,
    ) -> tuple[list[dict[str, dict[str, object]]], bool]:
        request = {
            **starting_with(history_keys.of_history(merchant_id, customer_id), prefix),
            "ScanIndexForward": False,
            "Limit": limit + 1,
            "ConsistentRead": True,
        }
        if start is not None:
            request["ExclusiveStartKey"] = start
        rows = self._table.query(**request)["Items"]
        return rows[:limit], len(rows) > limit
