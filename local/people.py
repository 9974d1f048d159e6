"""Who may sign in: the logins of a merchant's people, and the tokens they get."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple, get_args

from botocore.exceptions import ClientError

from crm.aws.dynamodb.table import Table
from crm.aws.merchants.staff import DynamoStaff
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Role
from crm.domain.kernel.times import stamp
from crm.domain.merchants.staff import StaffMember
from local.failures import Impossible
from local.stack import Stack

ROLES: tuple[Role, ...] = get_args(Role)


class Login(NamedTuple):
    """What a person signs in with."""

    merchant_id: str
    role: str
    email: str
    password: str


def let_in(stack: Stack, login: Login) -> None:
    """Make a login work: the user, the password, the group; once, however often asked."""
    pool, user = stack.outputs["UserPoolId"], login.email
    try:
        stack.cognito.admin_create_user(
            UserPoolId=pool,
            Username=user,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": login.email},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "custom:merchant_id", "Value": login.merchant_id},
            ],
        )
    except stack.cognito.exceptions.UsernameExistsException:
        if _merchant_of(stack, user) != login.merchant_id:
            raise Impossible(f"{user} already works for another merchant.") from None
    stack.cognito.admin_set_user_password(
        UserPoolId=pool, Username=user, Password=login.password, Permanent=True
    )
    stack.cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=login.role)
    _put_on_the_staff(stack, login)


def invite(stack: Stack, login: Login) -> None:
    """Let Cognito mail a person a password of its own making, and the group that they are in."""
    pool = stack.outputs["UserPoolId"]
    try:
        stack.cognito.admin_create_user(
            UserPoolId=pool,
            Username=login.email,
            DesiredDeliveryMediums=["EMAIL"],
            UserAttributes=[
                {"Name": "email", "Value": login.email},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "custom:merchant_id", "Value": login.merchant_id},
            ],
        )
    except stack.cognito.exceptions.UsernameExistsException:
        raise Impossible(f"{login.email} has a login already.") from None
    stack.cognito.admin_add_user_to_group(
        UserPoolId=pool, Username=login.email, GroupName=login.role
    )
    _put_on_the_staff(stack, login)


def tokens(stack: Stack, login: Login) -> dict[str, str]:
    """Sign in, and return the tokens by their names: IdToken, AccessToken."""
    try:
        answer = stack.cognito.admin_initiate_auth(
            UserPoolId=stack.outputs["UserPoolId"],
            ClientId=stack.outputs["OperatorClientId"],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": login.email, "PASSWORD": login.password},
        )
    except ClientError as refused:
        why = refused.response["Error"].get("Message", refused)
        raise Impossible(f"{login.email} cannot sign in: {why}") from refused
    result = answer["AuthenticationResult"]
    return {"IdToken": result["IdToken"], "AccessToken": result["AccessToken"]}


def remember(stack: Stack, login: Login) -> None:
    """Keep a login of this machine's engine, in the engine: both are forgotten together."""
    stack.client("ssm").put_parameter(
        Name=_name(login.merchant_id, login.role),
        Value=json.dumps(login._asdict()),
        Type="SecureString",
        Overwrite=True,
    )


def cached(stack: Stack, merchant_id: str, role: str) -> Login:
    """Return the login that was kept, or say which there are."""
    store = stack.client("ssm")
    try:
        kept = store.get_parameter(Name=_name(merchant_id, role), WithDecryption=True)
    except store.exceptions.ParameterNotFound:
        raise Impossible(
            f"There is no {role} of {merchant_id} here. There are:\n"
            + "\n".join(f"  ROLE={each[1]} MERCHANT={each[0]}" for each in _known(stack))
        ) from None
    return Login(**json.loads(kept["Parameter"]["Value"]))


_LOGINS = "/khach-quen/logins/"


def _name(merchant_id: str, role: str) -> str:
    return f"{_LOGINS}{merchant_id}/{role}"


def _known(stack: Stack) -> list[list[str]]:
    pages = stack.client("ssm").get_paginator("get_parameters_by_path")
    found = pages.paginate(Path=_LOGINS, Recursive=True)
    names = [each["Name"] for page in found for each in page["Parameters"]]
    return sorted(name.removeprefix(_LOGINS).split("/") for name in names)


def _merchant_of(stack: Stack, user: str) -> str | None:
    return _told_of(stack, user).get("custom:merchant_id")


def _put_on_the_staff(stack: Stack, login: Login) -> None:
    """Keep who works for a merchant where `/settings/staff` looks; once, however often asked."""
    at = stamp(datetime.now(UTC))
    member = StaffMember(
        merchant_id=MerchantId(login.merchant_id),
        id=UserId(_told_of(stack, login.email)["sub"]),
        email=login.email,
        role=next(role for role in ROLES if role == login.role),
        made_by="local",
        created_at=at,
        updated_at=at,
    )
    with suppress(Conflict):
        DynamoStaff(Table(stack.dynamodb, stack.outputs["TableName"])).add(
            member.merchant_id, member
        )


def _told_of(stack: Stack, user: str) -> dict[str, str]:
    found = stack.cognito.admin_get_user(UserPoolId=stack.outputs["UserPoolId"], Username=user)
    return {each["Name"]: each.get("Value", "") for each in found["UserAttributes"]}
