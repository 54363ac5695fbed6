"""Plans of a preview: what the file holds, and every difference that an ``up`` refuses. The engine is a stand-in."""

from __future__ import annotations

import errno
import json
import os
import stat
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pulumi.runtime.proto import provider_pb2

from provision._lib.errors import ProvisionError, UsageError
from provision.cli.main import cli
from provision.config.project import Project
from provision.config.yaml_file import dump, load
from provision.core.handler import Context
from provision.engine import plan as plans
from provision.engine import program
from provision.engine.events import Change, Declared, EventCollector, FieldChange, Unwatched
from provision.engine.operation import Result
from provision.provider.lifecycle import Lifecycle
from provision.provider.servicer import Servicer
from provision.provider.wire import UNKNOWN, Hidden, to_struct
from provision.stack.objects.generated_secret import GeneratedSecretHandler

_REALM = "urn:pulumi:dev::shop::provision:keycloak:Realm::realm"
_CLIENT = "urn:pulumi:dev::shop::provision:keycloak:Client::vscode"
_SERVER = "urn:pulumi:dev::shop::provision:process:McpServer::calculator"
_PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:provision::dev-keycloak"
_SECRET = "the-secret-of-the-client"


class Cli:
    """Encrypts by turning a text round, with the salt that the file has or a new one."""

    def run(self, *arguments, text=None):
        file, key = Path(arguments[-1]), next(item for item in arguments if ":" in item and "/" not in item)
        found = load(file)
        if "get" in arguments:
            return found["config"][key]["secure"][::-1] + "\n"
        salt = {"encryptionsalt": found.get("encryptionsalt", "v1:new")}
        file.write_text(dump({**found, **salt, "config": {key: {"secure": text[::-1]}}}))
        return ""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    return folder


@pytest.fixture
def engine(folder, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    backend = SimpleNamespace(work_dir=work, encryption=dict, exclusively=nullcontext)
    return SimpleNamespace(stack=Project.at(folder).stack("dev"), backend=backend, cli=Cli())


def _declared(urn, **inputs):
    return Declared(urn, urn.split("::")[2], {}, to_struct(inputs))


_DECLARED = (
    _declared(_REALM, name="mcp", accessTokenLifespan=300),
    _declared(_CLIENT, clientId="vscode", secret=Hidden(_SECRET), redirectUris=["http://127.0.0.1/"]),
    _declared(_SERVER, home="/srv", issuer=UNKNOWN),
    Declared(
        _PROVIDER,
        "pulumi:providers:provision",
        {"url": "https://login.example.org", "clientSecret": "[secret]"},
    ),
)
_CHANGES = (
    Change(_CLIENT, "provision:keycloak:Client", "vscode", "create", label="client vscode"),
    Change(
        _REALM,
        "provision:keycloak:Realm",
        "realm",
        "update",
        (FieldChange("accessTokenLifespan", 60, 300), FieldChange("smtp.password", "[secret]", "[secret]")),
        label="realm mcp",
    ),
)
RESULT = Result(_CHANGES, None, _DECLARED)


@pytest.fixture
def file(engine, tmp_path):
    plans.save(engine, RESULT, tmp_path / "plan.json")
    return tmp_path / "plan.json"


def _reviewed(engine, file):
    return plans.opened(engine, plans.read(file, engine.stack))


def _with(declared):
    return replace(
        RESULT, declared=tuple(declared if item.urn == declared.urn else item for item in _DECLARED)
    )


def test_a_plan_allows_what_its_preview_found(engine, file):
    _reviewed(engine, file).refuse_differences(RESULT)
    _reviewed(engine, file).refuse_differences(
        replace(RESULT, changes=_CHANGES[::-1], declared=_DECLARED[::-1])
    )


def test_a_plan_holds_no_secret_and_is_for_this_user_only(engine, file, tmp_path):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert _SECRET not in text
    key = plans.opened(engine, plans.read(file, engine.stack)).key.hex()
    assert key not in text
    assert list(engine.backend.work_dir.iterdir()) == [], "the key in clear is left nowhere"
    assert [item.name for item in tmp_path.iterdir() if "plan" in item.name] == ["plan.json"]
    document = json.loads(text)
    assert [(item["label"], item["op"]) for item in document["operations"]] == [
        ("client vscode", "create"),
        ("realm mcp", "update"),
    ]


def test_equal_values_have_other_digests_in_another_plan_and_at_another_place(engine, file, tmp_path):
    plans.save(engine, RESULT, tmp_path / "second.json")
    first, second = (json.loads(each.read_text())["inputs"] for each in (file, tmp_path / "second.json"))
    assert first[_CLIENT]["secret"] != second[_CLIENT]["secret"]
    values = [value for fields in first.values() for value in fields.values()]
    assert len(values) == len(set(values))


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (replace(RESULT, changes=_CHANGES[:1]), "update realm mcp: in the plan, and nothing to do now"),
        (replace(RESULT, changes=()), "create client vscode: in the plan, and nothing to do now"),
        (
            replace(
                RESULT, changes=(*_CHANGES, replace(_CHANGES[0], urn=_SERVER, label="server", op="delete"))
            ),
            "delete server: not in the plan",
        ),
        (
            replace(RESULT, changes=(_CHANGES[0], replace(_CHANGES[1], fields=_CHANGES[1].fields[:1]))),
            "update realm mcp: another change than the plan's (smtp.password)",
        ),
        (
            replace(
                RESULT,
                changes=(
                    _CHANGES[0],
                    replace(
                        _CHANGES[1],
                        fields=(FieldChange("accessTokenLifespan", 61, 300), _CHANGES[1].fields[1]),
                    ),
                ),
            ),
            "update realm mcp: another change than the plan's (accessTokenLifespan)",
        ),
        (
            replace(RESULT, changes=(_CHANGES[0], replace(_CHANGES[1], cause="world"))),
            "update realm mcp: another change than the plan's",
        ),
        (
            _with(
                _declared(
                    _CLIENT, clientId="vscode", secret=Hidden("another"), redirectUris=["http://127.0.0.1/"]
                )
            ),
            "client vscode: declared otherwise (secret)",
        ),
        (
            _with(_declared(_CLIENT, clientId="vscode", secret=Hidden(_SECRET))),
            "client vscode: declared otherwise (redirectUris)",
        ),
        (
            _with(_declared(_CLIENT, clientId="vscode", secret=_SECRET, redirectUris=["http://127.0.0.1/"])),
            "client vscode: declared otherwise (secret)",
        ),
        (
            _with(_declared(_SERVER, home="/srv", issuer="https://x")),
            "calculator: declared otherwise (issuer)",
        ),
        (
            _with(
                Declared(
                    _PROVIDER, "pulumi:providers:provision", {"url": "https://x", "clientSecret": "[secret]"}
                )
            ),
            "dev-keycloak: declared otherwise (url)",
        ),
        (replace(RESULT, declared=_DECLARED[:3]), "dev-keycloak: no longer declared"),
        (replace(RESULT, declared=(*_DECLARED, _declared(_SERVER + "2"))), "calculator2: declared now"),
    ],
)
def test_whatever_differs_is_refused_and_named(engine, file, now, line):
    with pytest.raises(plans.PlanDiffersError) as refused:
        _reviewed(engine, file).refuse_differences(now)
    assert f"  • {line}" in refused.value.what.splitlines()
    assert "nothing was changed" in refused.value.what
    assert "preview --save-plan" in refused.value.do
    assert refused.value.exit_code == 3
    assert _SECRET not in str(refused.value)


def test_a_hundred_differences_are_counted(engine, file):
    more = [replace(_CHANGES[0], urn=f"{_CLIENT}{number}", label=f"client {number}") for number in range(100)]
    with pytest.raises(plans.PlanDiffersError) as refused:
        _reviewed(engine, file).refuse_differences(replace(RESULT, changes=(*_CHANGES, *more)))
    assert refused.value.what.splitlines()[-1] == "  … and 88 more"


def _chosen(port, secret):
    """Return the result of a preview that chose a port and a secret."""
    ledger = EventCollector(Unwatched())
    ledger.checked(_SERVER, to_struct({}), {"port": port})
    ledger.checked(_CLIENT, to_struct({}), {"secret": secret})
    declared = (
        _declared(_REALM, name="mcp", frontendUrl=f"http://localhost:{port}/", port=port),
        _declared(_CLIENT, clientId="vscode", secret=Hidden(secret)),
    )
    fields = (FieldChange("frontendUrl", "http://localhost:1/", f"http://localhost:{port}/"),)
    return Result((replace(_CHANGES[1], fields=fields),), None, declared, ledger.invented)


def test_values_that_each_preview_chooses_by_chance_are_no_difference(engine, tmp_path):
    plans.save(engine, _chosen(20001, "first-secret"), tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text()
    assert "20001" not in text
    assert "first-secret" not in text
    reviewed = _reviewed(engine, tmp_path / "plan.json")
    reviewed.refuse_differences(_chosen(20002, "second-secret"))
    fixed = replace(_chosen(20002, "second-secret"), invented={})
    with pytest.raises(plans.PlanDiffersError):
        reviewed.refuse_differences(fixed)


def test_an_up_that_differs_after_all_is_stopped_before_the_object_is_touched(engine, file):
    reviewed = _reviewed(engine, file)
    for item in _DECLARED[:2]:
        reviewed.refuse_otherwise(item.urn, item.given, {})
    reviewed.refuse_otherwise(_SERVER, to_struct({"home": "/srv", "issuer": "known now"}), {})
    reviewed.refuse_otherwise(_SERVER, to_struct({"home": "/srv"}), {})
    for urn, inputs in (
        (_SERVER, {"home": "/tmp", "issuer": UNKNOWN}),
        (_SERVER, {"home": "/srv", "issuer": UNKNOWN, "more": 1}),
        (_SERVER, {"issuer": UNKNOWN}),
        (_SERVER + "2", {}),
    ):
        with pytest.raises(ProvisionError, match="in the plan"):
            reviewed.refuse_otherwise(urn, to_struct(inputs), {})
    reviewed.refuse_other(_CLIENT, "create")
    reviewed.refuse_other(_REALM, "update")
    for urn, call in ((_CLIENT, "update"), (_CLIENT, "delete"), (_REALM, "create"), (_SERVER, "create")):
        with pytest.raises(ProvisionError, match=f"{call} is not in the plan"):
            reviewed.refuse_other(urn, call)


def test_a_replacement_allows_its_two_steps(engine, tmp_path):
    steps = tuple(replace(_CHANGES[0], op=op) for op in ("create-replacement", "delete-replaced"))
    plans.save(engine, replace(RESULT, changes=steps), tmp_path / "plan.json")
    reviewed = _reviewed(engine, tmp_path / "plan.json")
    reviewed.refuse_other(_CLIENT, "create")
    reviewed.refuse_other(_CLIENT, "delete")
    with pytest.raises(ProvisionError):
        reviewed.refuse_other(_CLIENT, "update")


# -- the provider --------------------------------------------------------------------------------------------


def _checked(olds, news):
    lifecycle = Lifecycle(GeneratedSecretHandler, Context(log=print))
    _, failures = lifecycle.check(olds, news)
    assert failures == []
    return lifecycle.chosen


def test_only_what_a_check_has_just_chosen_counts_as_chosen():
    (chosen,) = _checked({}, {"name": "one"}).items()
    assert chosen[0] == "value"
    assert len(chosen[1]) > 40
    assert _checked({"name": "one", "value": Hidden("kept-since-then")}, {"name": "one"}) == {}
    assert _checked({}, {"name": "one", "value": Hidden("given")}) == {}


class AbortedError(Exception):
    """The provider refused a call."""


class Call:
    """The context of a call."""

    def peer(self):
        return "ipv4:127.0.0.1:1"

    def abort(self, code, message):
        raise AbortedError(message)


def test_the_provider_changes_nothing_that_it_is_not_allowed_to(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path))
    urn, asked = "urn:pulumi:dev::shop::provision:index:GeneratedSecret::one", []

    def ask(urn, call):
        asked.append((urn, call))
        raise ProvisionError("not in the plan")

    provider = Servicer("1.0.0", on_change=ask)
    properties = to_struct({"name": "one", "value": Hidden("the-secret")})
    with pytest.raises(AbortedError, match="not in the plan"):
        provider.Create(provider_pb2.CreateRequest(urn=urn, properties=properties), Call())
    with pytest.raises(AbortedError, match="not in the plan"):
        provider.Update(provider_pb2.UpdateRequest(urn=urn, olds=properties, news=properties), Call())
    with pytest.raises(AbortedError, match="not in the plan"):
        provider.Delete(provider_pb2.DeleteRequest(urn=urn, properties=properties), Call())
    assert asked == [(urn, "create"), (urn, "update"), (urn, "delete")]
    provider.Create(provider_pb2.CreateRequest(urn=urn, properties=properties, preview=True), Call())
    provider.Update(
        provider_pb2.UpdateRequest(urn=urn, olds=properties, news=properties, preview=True), Call()
    )
    assert len(asked) == 3, "a preview changes nothing"


def test_an_up_with_a_plan_has_a_provider_that_keeps_to_it(engine, file, tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path))
    ledger, connected = EventCollector(Unwatched()), []
    server = SimpleNamespace(
        add_generic_rpc_handlers=connected.extend, add_registered_method_handlers=lambda *_: None
    )
    for add in program.services(tmp_path, "", {}, ledger, _reviewed(engine, file)):
        add(server)

    def call(name, request):
        details = SimpleNamespace(method=f"/pulumirpc.ResourceProvider/{name}")
        found = next(filter(None, (item.service(details) for item in connected)))
        return found.unary_unary(request, Call())

    urn = "urn:pulumi:dev::shop::provision:index:GeneratedSecret::one"
    with pytest.raises(AbortedError, match="declared now"):
        call("Check", provider_pb2.CheckRequest(urn=urn, news=to_struct({"name": "one"})))
    with pytest.raises(AbortedError, match="create is not in the plan"):
        call("Create", provider_pb2.CreateRequest(urn=urn, properties=to_struct({"name": "one"})))
    assert list(ledger.invented.values()) == ["<one.value>"]


# -- files ---------------------------------------------------------------------------------------------------


def _change(file, **values):
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"config: {}\n",
        b"[" * 100_000,
        b'{"format": 1}',
        b'{"format": "1"}',
        b'{"format": 1e400}',
    ],
)
def test_a_file_that_is_no_plan_is_refused(engine, file, content):
    file.write_bytes(content)
    with pytest.raises(UsageError, match="is no plan, or is damaged"):
        plans.read(file, engine.stack)


def test_a_plan_that_is_cut_off_is_refused(engine, file):
    whole = file.read_bytes()
    for length in (1, len(whole) // 2, len(whole) - 3):
        file.write_bytes(whole[:length])
        with pytest.raises(UsageError, match="is no plan, or is damaged"):
            plans.read(file, engine.stack)


def test_a_file_that_can_not_be_read_is_refused_at_once(engine, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    huge = tmp_path / "huge"
    huge.touch()
    os.truncate(huge, (64 << 20) + 1)
    for name, reason in (
        ("nothing", "No such file"),
        ("pipe", "it is a pipe or a device"),
        ("huge", "it has more than 64 MiB"),
        ("shop", "Is a directory"),
    ):
        with pytest.raises(UsageError, match=f"{name} can't be read: {reason}") as refused:
            plans.read(tmp_path / name, engine.stack)
        assert "makes a plan" in refused.value.do


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"stack": "prod"}, "is a plan of stack prod of project shop, not of dev of shop"),
        ({"project": "other"}, "is a plan of stack dev of project other, not of dev of shop"),
        ({"provision": "0.0.1"}, "was made with mcp-provision 0.0.1, and this is"),
        ({"pulumi": "1.0.0"}, "was made with Pulumi 1.0.0, and this is"),
        ({"format": 2, "more": []}, "was made by a newer version"),
    ],
)
def test_the_plan_of_another_stack_or_version_is_refused(engine, file, values, what):
    _change(file, **values)
    with pytest.raises(UsageError, match=what):
        plans.read(file, engine.stack)


def test_a_plan_that_somebody_changed_is_refused(engine, file):
    plan = plans.read(file, engine.stack)
    changed = [
        plan.model_copy(update={"operations": plan.operations[:1]}),
        plan.model_copy(update={"inputs": {}}),
        plan.model_copy(update={"seal": ""}),
        plan.model_copy(update={"key": ""}),
        plan.model_copy(update={"key": "00" * 32}),
        plan.model_copy(update={"key": "no digits"}),
        plan.model_copy(update={"made": plan.made.replace(year=2000)}),
    ]
    plans.opened(engine, plan)
    for each in changed:
        with pytest.raises(UsageError, match="was changed since the preview wrote it"):
            plans.opened(engine, each)


def test_only_the_salt_comes_from_a_plan_and_no_provider_of_secrets(engine, file, monkeypatch):
    asked = []
    plan = plans.read(file, engine.stack)
    monkeypatch.setattr(
        engine.cli,
        "run",
        lambda *arguments, text=None: asked.append(load(arguments[-1])) or "",
        raising=False,
    )
    monkeypatch.setattr(
        engine.backend, "encryption", lambda: {"secretsprovider": "awskms://ours", "encryptedkey": "k"}
    )
    with pytest.raises(UsageError):
        plans.opened(engine, plan.model_copy(update={"salt": "v1:theirs"}))
    assert asked[0].keys() == {"secretsprovider", "encryptedkey", "encryptionsalt", "config"}
    assert asked[0]["secretsprovider"] == "awskms://ours"


def test_a_plan_replaces_a_plan_and_an_empty_file_and_nothing_else(engine, file, folder, tmp_path):
    file.chmod(0o644)
    (tmp_path / "empty").touch()
    for place in (file, tmp_path / "empty", tmp_path / "new"):
        plans.refuse_place(place)
        plans.save(engine, RESULT, place)
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for place in (folder / "Pulumi.dev.yaml", folder, tmp_path / "pipe", tmp_path / "dangling"):
        with pytest.raises(UsageError, match="is there already, and is no plan"):
            plans.refuse_place(place)
    with pytest.raises(UsageError, match="is no folder"):
        plans.refuse_place(tmp_path / "no" / "plan")


def test_a_disk_that_is_full_leaves_the_former_plan_and_nothing_else(engine, file, tmp_path, monkeypatch):
    before, there = file.read_bytes(), sorted(tmp_path.iterdir())
    moved = Path.replace

    def full(self, target):
        if target == file:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return moved(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ProvisionError, match="can't be written: No space left on device"):
        plans.save(engine, RESULT, file)
    assert file.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.parametrize("option", [["--prune"], ["--restore-backup"], ["--from", "/former"]])
def test_an_option_that_does_what_no_plan_holds_is_refused_beside_a_plan(folder, option):
    error = CliRunner().invoke(cli, ["-C", str(folder), "up", "--plan", "plan.json", *option]).exception
    assert isinstance(error, UsageError)
    assert error.what == f"{option[0]} does what no plan holds."


def test_a_place_for_a_plan_is_refused_before_the_preview(folder):
    place = str(folder / "Pulumi.yaml")
    error = CliRunner().invoke(cli, ["-C", str(folder), "preview", "--save-plan", place]).exception
    assert isinstance(error, UsageError)
    assert "is no plan" in error.what
    assert (folder / "Pulumi.yaml").read_text().startswith("name: shop")
