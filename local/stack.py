"""Deploy and find stacks, and make clients for them."""

import os
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from platform import machine
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.building import BIN, ROOT, Built, environment, run
from local.engine import KEY, REGION, Engine
from local.failures import CommandError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

SAMCONFIG = ROOT / "samconfig.toml"

#: Processor name of Python → name of Lambda.
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Stack:
    """A deployment on AWS or in a local engine."""

    outputs: Mapping[str, str]
    session: boto3.Session
    engine: Engine | None = None

    def client(self, service: str) -> Any:  # noqa: ANN401 - one type a service
        """Return a boto3 client with the deployer's credentials."""
        return self.session.client(
            service,  # type: ignore[call-overload]  # the names are literals in its stubs
            endpoint_url=self.engine.address if self.engine else None,
            config=Config(signature_version="s3v4" if service == "s3" else None),
        )

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """The typed Cognito client."""
        client: CognitoIdentityProviderClient = self.client("cognito-idp")
        return client

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The typed DynamoDB client."""
        client: DynamoDBClient = self.client("dynamodb")
        return client

    @property
    def api_url(self) -> str:
        """The API's base URL; the engine serves it at its own address."""
        if self.engine:
            return f"{self.engine.address}/_aws/execute-api/{self.outputs['ApiId']}/v1"
        return self.outputs["ApiUrl"]


def session(stage: str, engine: Engine | None) -> boto3.Session:
    """Return a session with the engine's root credentials, or this shell's for AWS."""
    if engine is None:
        return boto3.Session(region_name=_settings(stage)["region"])
    return boto3.Session(KEY, KEY, region_name=REGION)


def deploy(stage: str, built: Built, engine: Engine | None) -> None:
    """Deploy a build to a stage; a local engine runs it on this machine's architecture."""
    command = [
        *(str(BIN / "sam"), "deploy"),
        *("--config-file", str(SAMCONFIG), "--config-env", stage),
        *("--template-file", str(built.template)),
    ]
    if engine is None:
        if subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode:
            raise CommandError("The deployment failed; see the lines above.")
        return
    overrides = [*_settings(stage)["parameter_overrides"], f"Architecture={architecture()}"]
    run([*command, "--parameter-overrides", *overrides], _engine_environment(engine))


def architecture() -> str:
    """Return this machine's architecture by Lambda's name."""
    try:
        return _ARCHITECTURES[machine().lower()]
    except KeyError:
        raise CommandError(
            f"Lambda does not support this machine's architecture: {machine()}"
        ) from None


def architecture_of(stage: str) -> str:
    """Return the architecture that a stage on AWS runs on."""
    given = dict(each.split("=", 1) for each in _settings(stage)["parameter_overrides"])
    return str(given["Architecture"])


def find(stage: str, engine: Engine | None) -> Stack | None:
    """Return a stage's stack, or None if it is not deployed."""
    name = _settings(stage)["stack_name"]
    clients = Stack({}, session(stage, engine), engine)
    try:
        (stack,) = clients.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    return Stack(outputs, clients.session, engine) if outputs else None


def _settings(stage: str) -> dict[str, Any]:
    config = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8"))
    settings: dict[str, Any] = config[stage]["deploy"]["parameters"]
    return settings


def _engine_environment(engine: Engine) -> dict[str, str]:
    """Return variables that point the SAM CLI at an engine and hide every AWS account."""
    others = {name: value for name, value in environment().items() if not name.startswith("AWS_")}
    return others | {
        "AWS_ENDPOINT_URL": engine.address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
