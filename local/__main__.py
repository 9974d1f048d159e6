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
from local.exports import export as run_export
from local.failures import CommandError
from local.imports import run_import, summary
from local.logs import follow
from local.merchants import create_merchant, id_of, merchant_exists
from local.people import ROLES, Login
from local.stack import Stack

LOCAL = "local"
DEFAULT_PORT = 4566
ENGINE = HOME / "engine"

_FINGERPRINT = "/khach-quen/build"


def run(args: argparse.Namespace) -> None:
    """Build, start and deploy the local stack where needed, and print its address."""
    with _step("Building"):
        built = build(stack.architecture(), HOME / "build")
    running = engine.found(ENGINE)
    if running and args.port not in {running.port, DEFAULT_PORT}:
        raise CommandError(
            f"The stack runs on port {running.port} already. To move it: make stop, "
            f"and then make run PORT={args.port}"
        )
    if running is None:
        with _step(f"Starting the engine on 127.0.0.1:{args.port}"):
            running = engine.start(ENGINE, args.port)
    deployed = stack.find(LOCAL, running)
    if deployed is None or _stored_fingerprint(deployed) != built.fingerprint:
        with _step("Deploying"):
            stack.deploy(LOCAL, built, running)
        deployed = _deployed_stack(LOCAL, running)
        _confirm_sender(deployed)
        _store_fingerprint(deployed, built.fingerprint)
    merchant_id = deployed.outputs["DemoMerchant"]
    with _step(f"Filling the demo merchant with {demo.CUSTOMERS} invented customers"):
        logins = demo.open_demo(deployed, merchant_id, demo.NAME)
        demo.fill(deployed, merchant_id)
    _print_welcome(deployed, logins)


def stop(_: argparse.Namespace) -> None:
    """Stop the stack and keep its data."""
    with _step("Stopping"):
        stopped = engine.stop(ENGINE)
    print("Stopped; the next run keeps the data." if stopped else "The stack was not running.")


def reset(_: argparse.Namespace) -> None:
    """Stop the stack and delete its data."""
    engine.stop(ENGINE)
    shutil.rmtree(ENGINE, ignore_errors=True)
    print("The local stack and its data are deleted. `make run` creates a new one.")


def logs(_: argparse.Namespace) -> None:
    """Follow the logs of the functions until interrupted."""
    print(f"Logs of the functions (the engine's own log: {_relative(ENGINE / 'engine.log')}):")
    for line in follow(_local_stack()):
        print(line, flush=True)


def address(_: argparse.Namespace) -> None:
    """Print the API's address and nothing else."""
    print(_local_stack().api_url)


def token(args: argparse.Namespace) -> None:
    """Print an ID token and nothing else."""
    target = _local_stack()
    merchant_id = args.merchant or target.outputs["DemoMerchant"]
    print(people.tokens(target, people.stored_login(target, merchant_id, args.role))["IdToken"])


def merchant(args: argparse.Namespace) -> None:
    """Create a merchant and its owner: AWS mails the password, the local stack prints it."""
    if not args.name.strip() or "@" not in args.owner:
        raise CommandError(
            'Name and owner are required: make merchant NAME="Quán Mộc" OWNER=an@example.vn'
        )
    here = args.stage == LOCAL
    target = _local_stack() if here else _deployed_stack(args.stage, None)
    merchant_id = id_of(args.name)
    login = Login(merchant_id, "owner", args.owner.strip(), secrets.token_urlsafe(12) + "aA1")
    if merchant_exists(target, merchant_id):
        raise CommandError(f"The merchant {merchant_id} already exists.")
    if here:
        people.create_login(target, login)
        people.store_login(target, login)
    else:
        people.invite(target, login)
    create_merchant(target, merchant_id, args.name.strip(), login.email)
    if here:
        print(f"Merchant {merchant_id}; {login.email} signs in with {login.password}")
        print(f"A token: make token ROLE=owner MERCHANT={merchant_id}")
    else:
        print(f"Merchant {merchant_id}; Cognito mails {login.email} a first password.")


def export(args: argparse.Namespace) -> None:
    """Export a merchant's customers from the local stack into the current folder."""
    target = _local_stack()
    merchant_id = args.merchant or target.outputs["DemoMerchant"]
    login = people.stored_login(target, merchant_id, args.role)
    body = {"scope": args.scope, "format": args.format, "locale": args.locale}
    if args.filter:
        body["filter"] = args.filter
    if args.ids:
        body["customer_ids"] = args.ids.split(",")
    saved = run_export(
        Api(target.api_url, people.tokens(target, login)["IdToken"]), body, Path.cwd()
    )
    print(f"Saved {_relative(saved)} ({saved.stat().st_size:,} bytes)")


def import_(args: argparse.Namespace) -> None:
    """Import a file into the local stack and print the outcome of its rows."""
    if not args.file:
        raise CommandError("A file is required: make import FILE=customers.xlsx MODE=overwrite")
    target = _local_stack()
    merchant_id = args.merchant or target.outputs["DemoMerchant"]
    login = people.stored_login(target, merchant_id, args.role)
    body = {
        "mode": args.mode,
        "kind": args.kind,
        "dry_run": args.dry_run,
        "opening_balances": args.opening_balances,
    }
    job = run_import(
        Api(target.api_url, people.tokens(target, login)["IdToken"]), body, Path(args.file)
    )
    print("\n".join(summary(job)))
    if job["status"] == "failed":
        raise SystemExit(1)


def deploy(args: argparse.Namespace) -> None:
    """Build and deploy to AWS with the credentials of this shell."""
    with _step("Building"):
        built = build(stack.architecture_of(args.stage), ROOT / ".aws-sam/build")
    stack.deploy(args.stage, built, None)
    target = _deployed_stack(args.stage, None)
    print(f"\nAPI: {target.api_url}")
    print(f"SES sent a confirmation mail to {target.outputs['SenderAddress']}: confirm it first.")
    print(f'Create a merchant: make merchant STAGE={args.stage} NAME="…" OWNER=…')


def redrive(args: argparse.Namespace) -> None:
    """Send a queue's dead letters back to the queue and count them by reason."""
    counted = dead_letters.redrive(_target(args.stage), args.queue)
    print(f"{counted.total()} sent back.")
    for reason, count in counted.most_common():
        print(f"  {count} {reason}")


def audit(args: argparse.Namespace) -> None:
    """Compare a merchant's metrics with the stored orders; with --repair, correct them."""
    target = _target(args.stage)
    merchant_id = args.merchant or target.outputs["DemoMerchant"]
    counted = audits.audit(target, merchant_id, repair=args.repair)
    print(", ".join(f"{count} {name}" for name, count in counted.items()))


def erasures(args: argparse.Namespace) -> None:
    """After a restore, erase again the customers that have a tombstone."""
    target = _target(args.stage)
    merchant_id = args.merchant or target.outputs["DemoMerchant"]
    print(f"{reapply(target, merchant_id, args.left)} erased again.")


def _target(stage: str) -> Stack:
    return _local_stack() if stage == LOCAL else _deployed_stack(stage, None)


def _local_stack() -> Stack:
    running = engine.found(ENGINE)
    if running is None:
        raise CommandError("The local stack is not running: make run")
    return _deployed_stack(LOCAL, running)


def _deployed_stack(stage: str, running: engine.Engine | None) -> Stack:
    target = stack.find(stage, running)
    if target is None:
        raise CommandError(f"Nothing is deployed as {stage}.")
    return target


def _confirm_sender(target: Stack) -> None:
    """Verify the sender address, as its owner would by following the link in SES's mail."""
    target.client("ses").verify_email_identity(EmailAddress=target.outputs["SenderAddress"])


def _store_fingerprint(target: Stack, fingerprint: str) -> None:
    """Store the build's fingerprint in the engine, so that a reset deletes both."""
    target.client("ssm").put_parameter(
        Name=_FINGERPRINT, Value=fingerprint, Type="String", Overwrite=True
    )


def _stored_fingerprint(target: Stack) -> str | None:
    store = target.client("ssm")
    try:
        stored: str = store.get_parameter(Name=_FINGERPRINT)["Parameter"]["Value"]
    except store.exceptions.ParameterNotFound:
        return None
    return stored


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Print a step and its duration."""
    print(f"{what} …", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - began:.1f} s")


def _print_welcome(target: Stack, logins: Sequence[Login]) -> None:
    address = target.engine.address if target.engine else ""
    print("\nKhách Quen is running.\n")
    print(f"  API    {target.api_url}")
    print(f"  mails  {address}/_ministack/ses/messages\n")
    print(f"  {'merchant':12}{'role':10}{'e-mail':26}password")
    for login in logins:
        print(f"  {login.merchant_id:12}{login.role:10}{login.email:26}{login.password}")
    print(
        "\nNext steps:\n"
        "  export API=$(make address) TOKEN=$(make token ROLE=manager)\n"
        '  curl -H "Authorization: Bearer $TOKEN" "$API/customers?sort=-updated_at&limit=3"\n'
        "  make logs, make stop (keeps the data), make reset (deletes it); README.md has a tour"
    )


def _relative(path: os.PathLike[str]) -> str:
    return os.path.relpath(path)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:  # noqa: PLR2004 - the range of TCP ports
        raise ValueError
    return port


def _filter(text: str) -> dict[str, object]:
    filter_ = json.loads(text)
    if not isinstance(filter_, dict):
        raise TypeError
    return filter_


def _add_import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", default="")
    parser.add_argument(
        "--mode", choices=("overwrite", "create_duplicate", "skip"), default="overwrite"
    )
    parser.add_argument("--kind", choices=("customers", "points"), default="customers")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--opening-balances", action="store_true")
    parser.add_argument("--role", choices=ROLES, default="manager")
    parser.add_argument("--merchant", default="")


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scope", choices=("all", "filter", "selected"), default="all")
    parser.add_argument("--format", choices=("xlsx", "csv"), default="xlsx")
    parser.add_argument("--locale", choices=("vi", "en"), default="vi")
    parser.add_argument("--filter", type=_filter, help='JSON, as in {"group": "vip"}')
    parser.add_argument("--ids", default="", help="customer ids, separated by commas")
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


def _parse(argv: Sequence[str]) -> argparse.Namespace:
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
            _add_export_arguments(each)
        if command is import_:
            _add_import_arguments(each)
        if command is merchant:
            each.add_argument("--name", required=True)
            each.add_argument("--owner", required=True)
            each.add_argument("--stage", default=LOCAL)
        if command is deploy:
            each.add_argument("--stage", choices=("dev", "prod"), default="dev")
        _add_maintenance_arguments(each, command)
    return parser.parse_args(argv)


def _add_maintenance_arguments(parser: argparse.ArgumentParser, command: object) -> None:
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
    """Run a command, or exit with a short message if it fails."""
    args = _parse(argv)
    try:
        args.command(args)
    except (CommandError, ClientError, BotoCoreError) as error:
        raise SystemExit(f"\n{error}") from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main(sys.argv[1:])
