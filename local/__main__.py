"""The commands of the local stack, which the Makefile calls.

python -m local run|stop|reset|logs|address
python -m local token --role manager [--merchant demo]
python -m local merchant --name "Quán Mộc" --owner an@example.vn [--stage dev]
python -m local export --scope all --format xlsx
python -m local import --file customers.xlsx --mode overwrite [--dry-run]
python -m local deploy --stage dev
python -m local redrive --queue orders [--stage dev]
python -m local audit --merchant demo [--repair] [--stage dev]
python -m local erasures --merchant demo [--left <table before the restore>] [--stage dev]
"""

import argparse
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import audits, dead_letters, demo, engine, people, stack
from local.api import Api
from local.building import HOME, ROOT, build
from local.erasures import reapply
from local.exports import export as carry_out
from local.failures import Impossible
from local.imports import carry_in, summary
from local.logs import follow
from local.merchants import create_merchant, id_of, is_open
from local.people import ROLES, Login
from local.stack import Stack

LOCAL = "local"
DEFAULT_PORT = 4566
ENGINE = HOME / "engine"

_BUILT = "/khach-quen/build"


def run(asked: argparse.Namespace) -> None:
    """Bring the stack up, as far as it is not, and say where it is."""
    with _step("Building"):
        built = build(stack.architecture(), HOME / "build")
    running = engine.found(ENGINE)
    if running and asked.port not in {running.port, DEFAULT_PORT}:
        raise Impossible(
            f"The stack runs on port {running.port} already. To move it: make stop, "
            f"and then make run PORT={asked.port}"
        )
    if running is None:
        with _step(f"Starting the engine on 127.0.0.1:{asked.port}"):
            running = engine.start(ENGINE, asked.port)
    deployed = stack.find(LOCAL, running)
    if deployed is None or _fingerprint(deployed) != built.fingerprint:
        with _step("Deploying"):
            stack.deploy(LOCAL, built, running)
        deployed = _deployed(LOCAL, running)
        _confirm_sender(deployed)
        _note(deployed, built.fingerprint)
    merchant_id = deployed.outputs["DemoMerchant"]
    with _step(f"Filling the demo merchant with {demo.CUSTOMERS} customers that nobody is"):
        logins = demo.open_demo(deployed, merchant_id, demo.NAME)
        demo.fill(deployed, merchant_id)
    _welcome(deployed, logins)


def stop(_: argparse.Namespace) -> None:
    """End the stack; its data stays."""
    with _step("Stopping"):
        stopped = engine.stop(ENGINE)
    print("Stopped; the data stays for the next run." if stopped else "Nothing ran.")


def reset(_: argparse.Namespace) -> None:
    """End the stack and forget its data."""
    engine.stop(ENGINE)
    shutil.rmtree(ENGINE, ignore_errors=True)
    print("The local stack and its data are gone. `make run` makes a new one.")


def logs(_: argparse.Namespace) -> None:
    """Print what the functions say until the reader has enough."""
    print(
        f"The functions, as they speak (the engine's own log is {_shown(ENGINE / 'engine.log')}):"
    )
    for line in follow(_running()):
        print(line, flush=True)


def address(_: argparse.Namespace) -> None:
    """Print where the API answers and nothing else."""
    print(_running().api_url)


def token(asked: argparse.Namespace) -> None:
    """Print an ID token and nothing else."""
    there = _running()
    merchant_id = asked.merchant or there.outputs["DemoMerchant"]
    print(people.tokens(there, people.cached(there, merchant_id, asked.role))["IdToken"])


def merchant(asked: argparse.Namespace) -> None:
    """Make a merchant with an owner, who on AWS gets a mail and here a printed password."""
    if not asked.name.strip() or "@" not in asked.owner:
        raise Impossible('Say who: make merchant NAME="Quán Mộc" OWNER=an@example.vn')
    here = asked.stage == LOCAL
    there = _running() if here else _deployed(asked.stage, None)
    merchant_id = id_of(asked.name)
    login = Login(merchant_id, "owner", asked.owner.strip(), secrets.token_urlsafe(12) + "aA1")
    if is_open(there, merchant_id):
        raise Impossible(f"There is a merchant {merchant_id} already.")
    if here:
        people.let_in(there, login)
        people.remember(there, login)
    else:
        people.invite(there, login)
    create_merchant(there, merchant_id, asked.name.strip(), login.email)
    if here:
        print(f"Merchant {merchant_id}; {login.email} signs in with {login.password}")
        print(f"A token: make token ROLE=owner MERCHANT={merchant_id}")
    else:
        print(f"Merchant {merchant_id}; Cognito mails {login.email} a first password.")


def export(asked: argparse.Namespace) -> None:
    """Export customers of a merchant of the local stack into a file here."""
    there = _running()
    merchant_id = asked.merchant or there.outputs["DemoMerchant"]
    login = people.cached(there, merchant_id, asked.role)
    body = {"scope": asked.scope, "format": asked.format, "locale": asked.locale}
    if asked.filter:
        body["filter"] = asked.filter
    if asked.ids:
        body["customer_ids"] = asked.ids.split(",")
    saved = carry_out(Api(there.api_url, people.tokens(there, login)["IdToken"]), body, Path.cwd())
    print(f"Saved {_shown(saved)} ({saved.stat().st_size:,} bytes)")


def import_(asked: argparse.Namespace) -> None:
    """Import a file of a merchant of the local stack, and say what became of its rows."""
    if not asked.file:
        raise Impossible("Say which: make import FILE=customers.xlsx MODE=overwrite")
    there = _running()
    merchant_id = asked.merchant or there.outputs["DemoMerchant"]
    login = people.cached(there, merchant_id, asked.role)
    body = {
        "mode": asked.mode,
        "kind": asked.kind,
        "dry_run": asked.dry_run,
        "opening_balances": asked.opening_balances,
    }
    job = carry_in(
        Api(there.api_url, people.tokens(there, login)["IdToken"]), body, Path(asked.file)
    )
    print("\n".join(summary(job)))
    if job["status"] == "failed":
        raise SystemExit(1)


def deploy(asked: argparse.Namespace) -> None:
    """Build for AWS and deploy there, as whoever this shell is."""
    with _step("Building"):
        built = build(stack.architecture_of(asked.stage), ROOT / ".aws-sam/build")
    stack.deploy(asked.stage, built, None)
    there = _deployed(asked.stage, None)
    print(f"\nThe API answers at {there.api_url}")
    print(f"SES has asked {there.outputs['SenderAddress']} to confirm that it may send mails.")
    print(f'A merchant: make merchant STAGE={asked.stage} NAME="…" OWNER=…')


def redrive(asked: argparse.Namespace) -> None:
    """Put the dead letters of a queue back, and say why they were dead."""
    counted = dead_letters.redrive(_there(asked.stage), asked.queue)
    print(f"{counted.total()} put back.")
    for reason, count in counted.most_common():
        print(f"  {count} {reason}")


def audit(asked: argparse.Namespace) -> None:
    """Compare a merchant's numbers with the stored orders, and repair them if asked to."""
    there = _there(asked.stage)
    merchant_id = asked.merchant or there.outputs["DemoMerchant"]
    counted = audits.audit(there, merchant_id, repair=asked.repair)
    print(", ".join(f"{count} {name}" for name, count in counted.items()))


def erasures(asked: argparse.Namespace) -> None:
    """Erase again, after a restore, whoever has a tombstone and came back."""
    there = _there(asked.stage)
    merchant_id = asked.merchant or there.outputs["DemoMerchant"]
    print(f"{reapply(there, merchant_id, asked.left)} erased again.")


def _there(stage: str) -> Stack:
    return _running() if stage == LOCAL else _deployed(stage, None)


def _running() -> Stack:
    running = engine.found(ENGINE)
    if running is None:
        raise Impossible("The local stack does not run: make run")
    return _deployed(LOCAL, running)


def _deployed(stage: str, running: engine.Engine | None) -> Stack:
    there = stack.find(stage, running)
    if there is None:
        raise Impossible(f"Nothing is deployed as {stage}.")
    return there


def _confirm_sender(there: Stack) -> None:
    """Do what the owner of the address does by a click in SES's mail."""
    there.client("ses").verify_email_identity(EmailAddress=there.outputs["SenderAddress"])


def _note(there: Stack, fingerprint: str) -> None:
    """Keep in the engine what is deployed in it: both are forgotten together."""
    there.client("ssm").put_parameter(
        Name=_BUILT, Value=fingerprint, Type="String", Overwrite=True
    )


def _fingerprint(there: Stack) -> str | None:
    store = there.client("ssm")
    try:
        kept: str = store.get_parameter(Name=_BUILT)["Parameter"]["Value"]
    except store.exceptions.ParameterNotFound:
        return None
    return kept


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    print(f"{what} …", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - began:.1f} s")


def _welcome(there: Stack, logins: Sequence[Login]) -> None:
    address = there.engine.address if there.engine else ""
    print("\nKhách Quen is running.\n")
    print(f"  API    {there.api_url}")
    print(f"  mails  {address}/_ministack/ses/messages\n")
    print(f"  {'merchant':12}{'role':10}{'e-mail':26}password")
    for login in logins:
        print(f"  {login.merchant_id:12}{login.role:10}{login.email:26}{login.password}")
    print(
        "\nNext:\n"
        "  export API=$(make address) TOKEN=$(make token ROLE=manager)\n"
        '  curl -H "Authorization: Bearer $TOKEN" "$API/customers?sort=-updated_at&limit=3"\n'
        "  make logs, make stop (the data stays), make reset (it does not); README.md has a tour"
    )


def _shown(path: os.PathLike[str]) -> str:
    return os.path.relpath(path)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:  # noqa: PLR2004 - what TCP has
        raise ValueError
    return port


def _filter(text: str) -> dict[str, object]:
    filter_ = json.loads(text)
    if not isinstance(filter_, dict):
        raise TypeError
    return filter_


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", default="")
    parser.add_argument(
        "--mode", choices=("overwrite", "create_duplicate", "skip"), default="overwrite"
    )
    parser.add_argument("--kind", choices=("customers", "points"), default="customers")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--opening-balances", action="store_true")
    parser.add_argument("--role", choices=ROLES, default="manager")
    parser.add_argument("--merchant", default="")


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scope", choices=("all", "filter", "selected"), default="all")
    parser.add_argument("--format", choices=("xlsx", "csv"), default="xlsx")
    parser.add_argument("--locale", choices=("vi", "en"), default="vi")
    parser.add_argument("--filter", type=_filter, help='JSON, as in {"group": "vip"}')
    parser.add_argument("--ids", default="", help="ids of customers, parted by commas")
    parser.add_argument("--role", choices=ROLES, default="manager")
    parser.add_argument("--merchant", default="")


_COMMANDS = (
    run,
    stop,
    reset,
    logs,
    address,
    token,
    merchant,
    export,
    import_,
    deploy,
    redrive,
    audit,
    erasures,
)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description="The local stack.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in _COMMANDS:
        each = commands.add_parser(command.__name__.strip("_"), help=command.__doc__)
        each.set_defaults(command=command)
        if command is run:
            port = os.environ.get("PORT") or str(DEFAULT_PORT)
            each.add_argument("--port", type=_port, default=port)
        if command is token:
            each.add_argument("--role", choices=ROLES, default="manager")
            each.add_argument("--merchant", default="")
        if command is export:
            _export_arguments(each)
        if command is import_:
            _import_arguments(each)
        if command is merchant:
            each.add_argument("--name", required=True)
            each.add_argument("--owner", required=True)
            each.add_argument("--stage", default=LOCAL)
        if command is deploy:
            each.add_argument("--stage", choices=("dev", "prod"), default="dev")
        _mending(each, command)
    return parser.parse_args(argv)


def _mending(parser: argparse.ArgumentParser, command: object) -> None:
    if command in {redrive, audit, erasures}:
        parser.add_argument("--stage", default=LOCAL)
    if command is redrive:
        parser.add_argument("--queue", required=True)
    if command is erasures:
        parser.add_argument("--left", default="")
    if command in {audit, erasures}:
        parser.add_argument("--merchant", default="")
    if command is audit:
        parser.add_argument("--repair", action="store_true")


def main(argv: Sequence[str]) -> None:
    """Do what was asked, or say in a few lines why not."""
    asked = _arguments(argv)
    try:
        asked.command(asked)
    except (Impossible, ClientError, BotoCoreError) as why:
        raise SystemExit(f"\n{why}") from why
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main(sys.argv[1:])
