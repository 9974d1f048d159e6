"""Adapters that only exports need, separate so that other functions do not load them."""

from functools import cache

from crm.aws.exports.jobs import DynamoExports
from crm.aws.lists.full_walk import DynamoCustomerWalk
from crm.aws.merchants.history import DynamoMerchantHistory
from crm.aws.s3.files import S3Files
from crm.runtime.adapters import table
from crm.runtime.files import s3
from crm.runtime.settings import setting


@cache
def exports() -> DynamoExports:
    """Return the exports, kept in DynamoDB."""
    return DynamoExports(table())


@cache
def walk() -> DynamoCustomerWalk:
    """Return the walk over all customers of a merchant."""
    return DynamoCustomerWalk(table())


@cache
def history() -> DynamoMerchantHistory:
    """Return the histories of merchants, kept in DynamoDB."""
    return DynamoMerchantHistory(table())


@cache
def files() -> S3Files:
    """Return the files of exports, in their own bucket."""
    return S3Files(s3(), setting("EXPORTS_BUCKET"))
