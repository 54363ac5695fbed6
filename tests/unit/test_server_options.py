"""The options of an MCP server: what the stack file takes reaches the server in each runtime, and the server takes it."""

from __future__ import annotations

import json
import math
from itertools import chain

import pytest
from annotated_types import Ge, Le, MaxLen, MinLen
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from provision._lib.errors import UsageError
from provision._lib.urls import of_port
from provision.config.keycloak import KeycloakConfig
from provision.config.server import ServerConfig
from provision.config.stack_config import read
from provision.runtimes.deployment import ServerNeeds
from provision.runtimes.docker import deployment as docker
from provision.runtimes.process.resources import mcp_server
from provision.server.guard import read_secret
from provision.server.options import REFERENCE_TOOLS, ServerOptions
from provision.server.settings import Settings, SettingsError, load_settings, stack_settings
from provision.server.tools import tools

ISSUER = "http://localhost:8080/realms/mcp"
SECRET = "s" * 16
OTHER = {
    "tool_scopes": {"add_numbers": ["mcp:math"]},
    "verifier": "jwt",
    "cache_seconds": 60,
    "requests_per_minute": 0,
    "burst_requests": 7,
    "metrics": True,
    "allowed_origins": ["https://inspector.example.org"],
}
"""A value of each that is not its default."""


def process(config, folder, issuer=ISSUER):
    """Write what the process of a server finds in its folder."""
    spec = mcp_server.McpServer(
        home=str(folder),
        name=config.name,
        port=config.port or 3000,
        command=config.command,
        issuer=issuer,
        scopes=[config.scope.name],
        **config.options(),
        introspection_client_id=config.client_id,
        introspection_client_secret=config.introspection_client_secret.get_secret_value(),
    )
    mcp_server._refuse_unusable(spec)
    return mcp_server._process_settings(spec).files["settings.json"]


def container(config, folder, issuer=ISSUER):
    """Write what the container of a server finds in its folder."""
    del folder
    needs = ServerNeeds(
        issuer=issuer, scope=config.scope.name, client_id=config.client_id, client_secret=SECRET
    )
    return json.dumps(docker._settings(config, needs, issuer, of_port(config.port or 3000)))


RUNTIMES = [process, container]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


def stack_file(values, **others):
    """Read a stack file with one server."""
    return read(
        {"server": values, "introspectionClientSecret": SECRET, **others}, source="Pulumi.dev.yaml"
    ).mcp_servers[0]


def accepted(values, **others):
    """Read a stack file with one server, or return why it is refused."""
    try:
        return stack_file(values, **others)
    except UsageError as error:
        return error.what


def started(config, folder, issuer=ISSUER):
    """Return the settings that a server loads in each runtime."""
    (folder / "secret").unlink(missing_ok=True)
    (folder / "secret").write_text(config.introspection_client_secret.get_secret_value(), newline="")
    (folder / "secret").chmod(0o400)
    secret = read_secret("introspection_client_secret_file", folder / "secret", most=4096)
    assert secret.get_secret_value() == config.introspection_client_secret.get_secret_value()
    for runtime in RUNTIMES:
        (folder / "settings.json").write_text(runtime(config, folder, issuer))
        yield load_settings(folder / "settings.json")


# ---- One declaration


@pytest.mark.parametrize("name", ServerOptions.model_fields)
@pytest.mark.parametrize("model", [Settings, ServerConfig, mcp_server.McpServer])
def test_an_option_is_declared_once(model, name):
    there, here = model.model_fields[name], ServerOptions.model_fields[name]
    assert (there.default, there.description) == (here.default, here.description)
    marks = [item for item in there.metadata if item not in here.metadata]
    assert [item for item in there.metadata if item in here.metadata] == here.metadata
    assert all(isinstance(mark, mcp_server.Unordered.__class__) for mark in marks)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", ServerOptions.model_fields)
def test_an_option_is_a_setting_of_the_same_name(runtime, name, folder):
    said = json.loads(runtime(stack_file({to_camel(name): OTHER[name]}), folder))
    assert said[name] == OTHER[name]
    taken = Settings.model_validate_json(json.dumps(said))
    assert json.loads(taken.model_dump_json(include={name})) == {name: OTHER[name]}


def test_the_reference_server_has_the_tools_that_a_stack_file_may_name():
    assert tuple(tool.name for tool in tools()) == REFERENCE_TOOLS


# ---- What the stack file takes, the server takes

_TEXTS = (
    *("", " ", "a", "a b", "a\tb", "a\n", "\n", "\0", 'a"', "a\\b", "!", "~", "\x7f", "schön", "\u00a0", "﷐", "😀"),
    *("*", ".", "..", "/", "null", "None", "offline_access", "openid", "mcp:tools", "keycloak"),
    *("x" * length for length in (15, 16, 62, 63, 64, 100, 101, 254, 255, 256, 4096, 4097)),
)  # fmt: skip
_HOSTS = (
    *("a.example", "A.example", "schön.example", "xn--schn-7qa.example", "localhost", "127.0.0.1", "0x7f.1"),
    *("[::1]", "[::0:1]", "[", "", "a..b", "-", "_x.example", "a.example."),
)
_URLS = tuple(
    f"{scheme}://{user}{host}{port}{rest}"
    for scheme in ("http", "https", "HTTPS", "ftp", "vscode-webview", "")
    for user in ("", "u@", "u:p@")
    for host in _HOSTS
    for port in ("", ":0", ":1", ":80", ":443", ":6274", ":65535", ":65536", ":", ":x", ":080")
    for rest in ("", "/", "/mcp", "/mcp/", "/a/../mcp", "/m%63p", "/schön/mcp", "?q=1", "/mcp?q=1", "/mcp#f")
)


def _edges(info):
    """Values at the limits of a field and just outside."""
    for limit in info.metadata:
        for bound in (getattr(limit, name, None) for name in ("ge", "le")):
            if isinstance(limit, Ge | Le) and bound is not None:
                yield from (bound - 1, bound, bound + 1, bound - 0.5, bound + 0.5, float(bound), str(bound))
        if isinstance(limit, MinLen | MaxLen):
            length = getattr(limit, "min_length", None) or limit.max_length
            yield from ("x" * (length + more) for more in (-1, 0, 1))


def _limits(name):
    """Values of a number's field that are always tried."""
    odd = (True, None, "", "7", 1e3, 10**30, math.inf, -math.inf, math.nan)
    return [*_edges(ServerConfig.model_fields[name]), *odd]


def _numbers(name):
    return st.one_of(st.sampled_from(_limits(name)), st.integers(), st.floats())


_TEXT = st.one_of(st.sampled_from(_TEXTS), st.text())
_URL = st.one_of(st.sampled_from(_URLS), _TEXT)
_SCOPES = st.one_of(st.lists(_TEXT, max_size=3), st.just("a"), st.sampled_from([["a", "a"], [], None]))
_FIELDS = ServerConfig.model_fields
_PORTS = [0, 1, 80, 443, 65535, 65536]
_SECRETS = [f"{SECRET}{end}" for end in "\n\r\0ä😀 \u2028"]
_VERIFIERS = ["introspection", "jwt", "none", "", "JWT", None]
_SWITCHES = [True, False, 1, 2, "yes", "", None]
_VALUES = {
    "name": _TEXT,
    "port": _numbers("port") | st.sampled_from(_PORTS),
    "scope": st.fixed_dictionaries({"name": _TEXT}),
    "clientId": _TEXT,
    "introspectionClientSecret": _TEXT | st.sampled_from(_SECRETS),
    "toolScopes": st.dictionaries(st.sampled_from([*REFERENCE_TOOLS, "", "x"]), _SCOPES, max_size=3),
    "verifier": st.sampled_from(_VERIFIERS),
    "cacheSeconds": _numbers("cache_seconds"),
    "requestsPerMinute": _numbers("requests_per_minute"),
    "burstRequests": _numbers("burst_requests"),
    "metrics": st.sampled_from(_SWITCHES),
    "allowedOrigins": st.one_of(st.lists(_URL, max_size=3), st.just(["http://a.example"] * 2), st.just("a")),
}

_ALWAYS = {
    "name": _TEXTS,
    "port": [*_limits("port"), *_PORTS],
    "scope": [{"name": text} for text in _TEXTS],
    "clientId": _TEXTS,
    "introspectionClientSecret": [*_TEXTS, *_SECRETS],
    "toolScopes": [{tool: [text]} for tool in (REFERENCE_TOOLS[0], "x") for text in _TEXTS],
    "cacheSeconds": _limits("cache_seconds"),
    "requestsPerMinute": _limits("requests_per_minute"),
    "burstRequests": _limits("burst_requests"),
    "verifier": _VERIFIERS,
    "metrics": _SWITCHES,
    "allowedOrigins": [[f"https://{host}{port}"] for host in _HOSTS for port in ("", ":443", ":6274", ":x")],
}
"""Values that are tried in each run, before random ones."""

_NAMED = (
    *(f"provision:server.{key}: " for key in _VALUES),
    *(f"provision:server.{key}." for key in ("toolScopes", "scope")),
    *("provision:server.allowedOrigins[", "  server.toolScopes.", "toolScopes names "),
    *("a server can't be called keycloak", "the client id mcp-client is given twice"),
)
"""How a line says which key is wrong."""


def test_every_option_is_tried():
    assert {_FIELDS[name].alias or name for name in ServerOptions.model_fields} <= _VALUES.keys()
    assert _ALWAYS.keys() == _VALUES.keys()


def _starts_or_is_refused(values, folder):
    """See a server start with what the stack file says, or the stack file refuse it with the key; whether it starts."""
    config = accepted(values)
    if isinstance(config, str):
        problems = config.splitlines()[1:]
        assert problems
        assert all(any(key in problem for key in _NAMED) for problem in problems)
        return False
    for loaded in started(config, folder):
        for name in ServerOptions.model_fields:
            assert getattr(loaded, name) == getattr(config, name)
        assert loaded.scopes == (config.scope.name,)
    return True


@pytest.mark.parametrize("key", _VALUES)
def test_what_the_stack_file_takes_the_server_starts_with(key, folder):
    seen = {_starts_or_is_refused({key: value}, folder) for value in _ALWAYS[key]}
    assert seen == {True, False}

    @settings(max_examples=50, deadline=None, derandomize=True, database=None)
    @given(value=_VALUES[key])
    def tried(value):
        _starts_or_is_refused({key: value}, folder)

    tried()


def test_the_values_of_several_keys_at_once(folder):
    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(values=st.fixed_dictionaries({}, optional=_VALUES))
    def tried(values):
        _starts_or_is_refused(values, folder)

    tried()


@pytest.mark.parametrize("url", [f"{scheme}://{host}{port}" for scheme in ("http", "https") for host in _HOSTS for port in ("", ":80", ":443", ":8443")])  # fmt: skip
@pytest.mark.parametrize("rest", ["/mcp", "/v1/mcp"])
def test_a_server_elsewhere_can_take_the_url_that_the_stack_file_takes(url, rest, folder):
    config = accepted({"url": f"{url}{rest}"})
    if isinstance(config, str):
        assert "server.url" in config
        return
    document = stack_settings(
        config, name=config.name, listens=("127.0.0.1", 3000), url=config.url, issuer=ISSUER, realm_url=ISSUER,
        scopes=[config.scope.name], client_id=config.client_id, secret_file="secret",
    )  # fmt: skip
    (folder / "settings.json").write_text(json.dumps(document))
    assert load_settings(folder / "settings.json").url == config.url


@pytest.mark.parametrize("port", [1, 80, 443, 8080, 65535])
@pytest.mark.parametrize("realm", [".", "..", "...", "-", "_", ".a", "MCP", "x" * 255, "x" * 256, "a/b", "ä"])
def test_the_issuer_of_every_realm_that_the_stack_file_takes_is_taken(port, realm, folder):
    config = accepted({}, keycloak={"port": port}, realm={"name": realm})
    if isinstance(config, str):
        assert "provision:realm.name: " in config
        return
    issuer = f"{of_port(port)}/realms/{realm}"
    assert [loaded.issuer for loaded in started(config, folder, issuer)] == [issuer, issuer]


@pytest.mark.parametrize(("port", "tls"), [(80, False), (443, True), (443, False), (80, True), (3000, False)])
def test_the_url_of_a_port_is_canonical(port, tls, folder):
    spec = mcp_server.McpServer(
        home=str(folder), name="a", port=port, issuer=ISSUER, scopes=["a"], introspection_client_secret=SECRET,
        **({"tls_certificate_file": "/c.pem", "tls_key_file": "/c.key"} if tls else {}),
    )  # fmt: skip
    (folder / "settings.json").write_text(mcp_server._process_settings(spec).files["settings.json"])
    assert load_settings(folder / "settings.json").url == mcp_server._outputs(spec).url


# ---- What it refuses, it refuses with the key


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"allowedOrigins": ["http://x/path"]}, "allowedOrigins[0]: must be exact origins such as"),
        ({"allowedOrigins": ["http://x/"]}, "allowedOrigins[0]: must be exact origins such as"),
        ({"allowedOrigins": ["http://X"]}, "allowedOrigins[0]: must be exact origins such as"),
        ({"allowedOrigins": ["http://x:80"]}, "allowedOrigins[0]: must be exact origins such as"),
        ({"allowedOrigins": ["http://u@x"]}, "allowedOrigins[0]: must be exact origins such as"),
        ({"allowedOrigins": ["null"]}, "allowedOrigins[0]: must be exact origins such as"),
        ({"allowedOrigins": ["http://x", "http://x"]}, "allowedOrigins: must not hold one entry twice"),
        ({"toolScopes": {"add_numbers": ["offline_access"]}}, "toolScopes.add_numbers[0]: must not hold offline_access"),
        ({"toolScopes": {"add_numbers": ["schön"]}}, "toolScopes.add_numbers[0]: must be scope names"),
        ({"toolScopes": {"divide_numbers": ["a"]}}, "server.toolScopes.divide_numbers: the reference server has no such"),
        ({"scope": {"name": "offline_access"}}, "scope.name: must not hold offline_access"),
        ({"scope": {"name": "schön"}}, "scope.name: must be scope names"),
        ({"scope": {"name": "x" * 256}}, "scope.name: is too long: it may have 255 characters"),
        ({"cacheSeconds": 61}, "cacheSeconds: must be 60 or less"),
        ({"name": "x" * 64}, "name: is too long: it may have 63 characters"),
        ({"clientId": "x" * 256}, "clientId: is too long: it may have 255 characters"),
        ({"introspectionClientSecret": f"{SECRET}\n"}, "introspectionClientSecret: must be printable characters on one"),
        ({"tlsCertificateFile": "a\0", "tlsKeyFile": "b"}, "tlsCertificateFile: must be the path of a file"),
        ({"caFile": "a\0"}, "caFile: must be the path of a file"),
        ({"url": "https://u:p@x.example/mcp"}, "url: must not hold a user name or a password"),
        ({"url": "https://X.example/mcp"}, "url: must be in its canonical form: https://x.example/mcp"),
        ({"url": "https://x.example:443/mcp"}, "url: must be in its canonical form: https://x.example/mcp"),
        ({"url": "https://x.example:65536/mcp"}, "url: must be an http or https URL"),
        ({"url": "https:///mcp"}, "url: must be"),
        ({"url": "https://x.example/mcp/"}, "url: must not end in a slash"),
        ({"url": "https://x.example/mcp#a"}, "url: must"),
        ({"alowedOrigins": []}, "alowedOrigins: unknown key; did you mean 'allowedOrigins'?"),
        ({"toolscopes": {}}, "toolscopes: unknown key; did you mean 'toolScopes'?"),
    ],
)  # fmt: skip
def test_what_the_server_would_refuse_is_refused_with_its_key(values, line):
    with pytest.raises(UsageError) as caught:
        stack_file(values)
    (problem,) = caught.value.what.splitlines()[1:]
    assert line in problem
    assert problem.startswith(("  provision:server.", "  server."))


@pytest.mark.parametrize(
    "url", ["https://u:p@x.example", "https://x.example:65536", "https://[", "https://:443"]
)
def test_an_external_keycloak_has_a_url_that_leads_somewhere(url):
    with pytest.raises(UsageError, match=r"provision:keycloak\.url: "):
        read({"runtime": "external", "keycloak": {"url": url}, "adminClientSecret": SECRET}, source="f")


def test_a_server_of_your_own_or_elsewhere_has_tools_of_its_own():
    own = {"toolScopes": {"forecast": ["a"]}}
    for place in ({"command": ["x"]}, {"url": "https://x.example/mcp"}):
        assert stack_file(own | place).tool_scopes == {"forecast": ("a",)}


@pytest.mark.parametrize("scope", ["!", "#", "[", "]", "~", "mcp:tools", "x" * 255])
def test_the_characters_of_a_scope_are_those_of_the_standard(scope):
    assert stack_file({"scope": {"name": scope}}).scope.name == scope


@pytest.mark.parametrize(
    "origin", ["http://localhost", "http://localhost:6274", "https://a.example:8443", "http://[::1]:3000",
               "https://xn--schn-7qa.example", "vscode-webview://1a2b", "chrome-extension://abcdef"],
)  # fmt: skip
def test_what_browsers_send_is_an_origin(origin, folder):
    config = stack_file({"allowedOrigins": [origin]})
    assert [loaded.allowed_origins for loaded in started(config, folder)] == [(origin,)] * 2


def test_a_file_that_the_server_would_not_take_is_not_written(folder):
    config = stack_file({}).model_copy(update={"cache_seconds": 61})
    with pytest.raises(SettingsError, match="cache_seconds"):
        container(config, folder)


def test_the_schema_of_the_stack_file_has_the_limits():
    schema = ServerConfig.model_json_schema(by_alias=True)["properties"]
    assert (schema["cacheSeconds"]["minimum"], schema["cacheSeconds"]["maximum"]) == (0, 60)
    origin = schema["allowedOrigins"]["items"]
    scope = schema["toolScopes"]["additionalProperties"]["items"]
    assert origin["pattern"].startswith("^[a-z]")
    assert (scope["pattern"], scope["maxLength"], scope["not"]) == (
        r"^[\x21\x23-\x5B\x5D-\x7E]+$", 255, {"const": "offline_access"},
    )  # fmt: skip
    assert schema["allowedOrigins"]["uniqueItems"]
    keycloak = KeycloakConfig.model_json_schema(by_alias=True)["properties"]["url"]
    assert keycloak["anyOf"][0]["pattern"].startswith("^https?://")
    assert list(chain(*(limits.keys() & {"pattern"} for limits in schema["url"]["anyOf"]))) == ["pattern"]


@pytest.mark.parametrize(("written", "kept"), [(60, "60"), (60.0, "60"), (0.5, "0.5"), (3, "3")])
def test_whole_seconds_stand_in_a_settings_file_as_they_always_did(written, kept):
    assert json.dumps(ServerOptions(cache_seconds=written).options()["cache_seconds"]) == kept


def test_a_server_that_does_not_start_is_told_with_the_address_and_the_page_for_own_servers(tmp_path):
    shared = {"home": str(tmp_path), "name": "todo", "port": 3000, "issuer": ISSUER, "scopes": ["mcp:tools"]}
    secret = {"introspection_client_secret": "a-secret-of-some-length"}
    reference = mcp_server._process_settings(mcp_server.McpServer(**shared, **secret))
    assert (reference.asked, reference.advice) == ("http://localhost:3000/health/live", "")
    own = mcp_server._process_settings(mcp_server.McpServer(**shared, **secret, command=("todo",)))
    assert own.asked == "http://localhost:3000/mcp"
    assert "`provision.server.serve` does (docs/servers.md)" in own.advice
