"""Create the logins of a merchant's staff and sign them in."""

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
from local.failures import CommandError
from local.stack import Stack

ROLES: tuple[Role, ...] = get_args(Role)


class Login(NamedTuple):
    """The credentials of a staff member."""

    merchant_id: str
    role: str
    email: str
    password: str


def create_login(stack: Stack, login: Login) -> None:
    """Create a login's user, password, group and staff row; safe to repeat."""
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
            raise CommandError(f"{user} already works for another merchant.") from None
    stack.cognito.admin_set_user_password(
        UserPoolId=pool, Username=user, Password=login.password, Permanent=True
    )
    stack.cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=login.role)
    _add_staff_member(stack, login)


def invite(stack: Stack, login: Login) -> None:
    """Create a user to whom Cognito mails a first password; add their group and staff row."""
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
        raise CommandError(f"{login.email} already has a login.") from None
    stack.cognito.admin_add_user_to_group(
        UserPoolId=pool, Username=login.email, GroupName=login.role
    )
    _add_staff_member(stack, login)


def tokens(stack: Stack, login: Login) -> dict[str, str]:
    """Sign in and return the tokens, keyed IdToken and AccessToken."""
    try:
        answer = stack.cognito.admin_initiate_auth(
            UserPoolId=stack.outputs["UserPoolId"],
            ClientId=stack.outputs["OperatorClientId"],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": login.email, "PASSWORD": login.password},
        )
    except ClientError as error:
        reason = error.response["Error"].get("Message", error)
        raise CommandError(f"{login.email} cannot sign in: {reason}") from error
    result = answer["AuthenticationResult"]
    return {"IdToken": result["IdToken"], "AccessToken": result["AccessToken"]}


def store_login(stack: Stack, login: Login) -> None:
    """Store a login of the local stack in its engine, so that a reset deletes both."""
    stack.client("ssm").put_parameter(
        Name=_name(login.merchant_id, login.role),
        Value=json.dumps(login._asdict()),
        Type="SecureString",
        Overwrite=True,
    )


def stored_login(stack: Stack, merchant_id: str, role: str) -> Login:
    """Return a stored login; raise `CommandError` with the stored ones if there is none."""
    store = stack.client("ssm")
    try:
        stored = store.get_parameter(Name=_name(merchant_id, role), WithDecryption=True)
    except store.exceptions.ParameterNotFound:
        raise CommandError(
            f"There is no login for {role} of {merchant_id}. There are:\n"
            + "\n".join(f"  ROLE={each[1]} MERCHANT={each[0]}" for each in _stored_logins(stack))
        ) from None
    return Login(**json.loads(stored["Parameter"]["Value"]))


_LOGINS = "/khach-quen/logins/"


def _name(merchant_id: str, role: str) -> str:
    return f"{_LOGINS}{merchant_id}/{role}"


def _stored_logins(stack: Stack) -> list[list[str]]:
    pages = stack.client("ssm").get_paginator("get_parameters_by_path")
    found = pages.paginate(Path=_LOGINS, Recursive=True)
    names = [each["Name"] for page in found for each in page["Parameters"]]
    return sorted(name.removeprefix(_LOGINS).split("/") for name in names)


def _merchant_of(stack: Stack, user: str) -> str | None:
    return _attributes_of(stack, user).get("custom:merchant_id")


def _add_staff_member(stack: Stack, login: Login) -> None:
    """Store a staff member, whom `/settings/staff` lists, unless stored already."""
    at = stamp(datetime.now(UTC))
    member = StaffMember(
        merchant_id=MerchantId(login.merchant_id),
        id=UserId(_attributes_of(stack, login.email)["sub"]),
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


def _attributes_of(stack: Stack, user: str) -> dict[str, str]:
    found = stack.cognito.admin_get_user(UserPoolId=stack.outputs["UserPoolId"], Username=user)
    return {each["Name"]: each.get("Value", "") for each in found["UserAttributes"]}
