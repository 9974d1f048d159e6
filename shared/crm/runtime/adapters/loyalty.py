"""The adapters of loyalty programs, rewards and points."""

from functools import cache

from crm.aws.loyalty.loyalty import DynamoPoints, DynamoPrograms, DynamoRewards
from crm.aws.loyalty.recomputes import DynamoRecomputes
from crm.runtime.clients import table


@cache
def programs() -> DynamoPrograms:
    """Return the versions of loyalty programs, kept in DynamoDB."""
    return DynamoPrograms(table())


@cache
def rewards() -> DynamoRewards:
    """Return the rewards, kept in DynamoDB."""
    return DynamoRewards(table())


@cache
def points() -> DynamoPoints:
    """Return the ledgers of points, kept in DynamoDB."""
    return DynamoPoints(table())


@cache
def recomputes() -> DynamoRecomputes:
    """Return the recomputation jobs, kept in DynamoDB."""
    return DynamoRecomputes(table())
