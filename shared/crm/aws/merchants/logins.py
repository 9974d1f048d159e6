"""`ports.Logins`: the users of a Cognito user pool, each of one merchant for ever."""

from typing import TYPE_CHECKING, Any

from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.merchants.staff import StaffRole

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_MERCHANT = "custom:merchant_id"


class CognitoLogins:
    """A login's id is its `sub`, which Cognito accepts as a user name."""

    def __init__(self, client: "CognitoIdentityProviderClient", pool_id: str) -> None:
        self._client = client
        self._pool = pool_id

    def invite(self, merchant_id: MerchantId, email: str) -> UserId:
        """Return the login of an address; create it and mail a password if it is new.

        Raises `Conflict` if the address has a login with another merchant.
        """
        try:
            user: Any = self._client.admin_create_user(
                UserPoolId=self._pool,
                Username=email,
                DesiredDeliveryMediums=["EMAIL"],
                UserAttributes=[
                    {"Name": "email", "Value": email},
                    {"Name": "email_verified", "Value": "true"},
                    {"Name": _MERCHANT, "Value": merchant_id},
                ],
            )["User"]["Attributes"]
        except self._client.exceptions.UsernameExistsException as exists:
            user = self._client.admin_get_user(UserPoolId=self._pool, Username=email)[
                "UserAttributes"
            ]
            if _by_name(user).get(_MERCHANT) != merchant_id:
                raise Conflict("staff_elsewhere") from exists
        return UserId(_by_name(user)["sub"])

    def assign(self, merchant_id: MerchantId, user_id: UserId, role: StaffRole) -> None:
        """Make `role` the only role of a login; sign it out if it had others."""
        del merchant_id  # a login belongs to one merchant, whose rows the caller has read
        login = {"UserPoolId": self._pool, "Username": user_id}
        groups = self._client.admin_list_groups_for_user(UserPoolId=self._pool, Username=user_id)[
            "Groups"
        ]
        had = {group["GroupName"] for group in groups}
        if role not in had:
            self._client.admin_add_user_to_group(**login, GroupName=role)
        for other in sorted(had - {role}):
            self._client.admin_remove_user_from_group(**login, GroupName=other)
        if had - {role}:
            self._client.admin_user_global_sign_out(**login)

    def set_enabled(self, merchant_id: MerchantId, user_id: UserId, *, enabled: bool) -> None:
        """Allow a login to sign in, or sign it out and block it."""
        del merchant_id  # as above
        login = {"UserPoolId": self._pool, "Username": user_id}
        if enabled:
            self._client.admin_enable_user(**login)
        else:
            self._client.admin_disable_user(**login)
            self._client.admin_user_global_sign_out(**login)


def _by_name(attributes: Any) -> dict[str, str]:  # noqa: ANN401 - a list of the client's types
    return {each["Name"]: each.get("Value", "") for each in attributes}
