"""A deployed stack: what it is called, where it answers, and clients that reach it."""

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
from local.failures import Impossible

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

SAMCONFIG = ROOT / "samconfig.toml"

#: What processors are called by Python → by Lambda.
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Stack:
    """One deployment, on AWS or in an engine on this machine."""

    outputs: Mapping[str, str]
    session: boto3.Session
    engine: Engine | None = None

    def client(self, service: str) -> Any:  # noqa: ANN401 - one type a service
        """Return a boto3 client with the rights of whoever deployed the stack."""
        return self.session.client(
            service,  # type: ignore[call-overload]  # the names are literals in its stubs
            endpoint_url=self.engine.address if self.engine else None,
            config=Config(signature_version="s3v4" if service == "s3" else None),
        )

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """The pool's own client."""
        client: CognitoIdentityProviderClient = self.client("cognito-idp")
        return client

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The tables' own client."""
        client: DynamoDBClient = self.client("dynamodb")
        return client

    @property
    def api_url(self) -> str:
        """Where the API answers; the engine has an address of its own for it."""
        if self.engine:
            return f"{self.engine.address}/_aws/execute-api/{self.outputs['ApiId']}/v1"
        return self.outputs["ApiUrl"]


def session(stage: str, engine: Engine | None) -> boto3.Session:
    """Return a session of the engine's root, or of whoever this shell is on AWS."""
    if engine is None:
        return boto3.Session(region_name=_settings(stage)["region"])
    return boto3.Session(KEY, KEY, region_name=REGION)


def deploy(stage: str, built: Built, engine: Engine | None) -> None:
    """Make the stack of a stage what was built; an engine runs it on this machine's processor."""
    command = [
        *(str(BIN / "sam"), "deploy"),
        *("--config-file", str(SAMCONFIG), "--config-env", stage),
        *("--template-file", str(built.template)),
    ]
    if engine is None:
        if subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode:
            raise Impossible("Nothing was deployed; the lines above say why.")
        return
    overrides = [*_settings(stage)["parameter_overrides"], f"Architecture={architecture()}"]
    run([*command, "--parameter-overrides", *overrides], _into(engine))


def architecture() -> str:
    """Return this machine's processor, as Lambda calls it."""
    try:
        return _ARCHITECTURES[machine().lower()]
    except KeyError:
        raise Impossible(f"Lambda has no processor like this machine's: {machine()}") from None


def architecture_of(stage: str) -> str:
    """Return the processor that a stage on AWS runs on."""
    given = dict(each.split("=", 1) for each in _settings(stage)["parameter_overrides"])
    return str(given["Architecture"])


def find(stage: str, engine: Engine | None) -> Stack | None:
    """Return the stack of a stage if it is deployed."""
    name = _settings(stage)["stack_name"]
    clients = Stack({}, session(stage, engine), engine)
    try:
        (stack,) = clients.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as absent:
        if "does not exist" not in str(absent):
            raise
        return None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    return Stack(outputs, clients.session, engine) if outputs else None


def _settings(stage: str) -> dict[str, Any]:
    config = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8"))
    settings: dict[str, Any] = config[stage]["deploy"]["parameters"]
    return settings


def _into(engine: Engine) -> dict[str, str]:
    """Return an environment that leads the SAM CLI to an engine, and away from every account."""
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
