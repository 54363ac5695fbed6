"""How resources become servers and containers, and that a value that can't be seen never becomes a finding."""

from __future__ import annotations

import json

import pytest

from provision.config.rules import RulesConfig
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED, UNKNOWN, Inconclusive
from provision.rules.sources import program
from provision.rules.sources.kinds import OF_A_STACK
from provision.rules.sources.resource_input import ResourceInput
from tests.support import good_stacks, kubernetes_program

OFFICIAL = "quay.io/keycloak/keycloak:26.8.0"
CONTAINER = "docker:index/container:Container"


def resources(kind, *resources):
    return [resource for resource in program.snapshot(resources, "dev").resources if resource.kind == kind]


def docker(**properties):
    return ResourceInput(CONTAINER, "c", {"image": OFFICIAL, **properties})


def keycloak(**properties):
    (server,) = resources("KeycloakServer", docker(**properties))
    return server


def hidden_variants(value, marker):
    """The value with each of its parts hidden in turn."""
    yield marker
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: variant} for variant in hidden_variants(inner, marker))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            for variant in hidden_variants(inner, marker):
                yield [*value[:index], variant, *value[index + 1 :]]


@pytest.mark.parametrize("marker", [UNKNOWN, MASKED], ids=["unknown", "masked"])
@pytest.mark.parametrize("stack", ["dev", "docker", "prod", "kubernetes"])
def test_a_hidden_value_anywhere_finds_nothing_and_breaks_nothing(stack, marker, monkeypatch):
    resources = good_stacks.resources(stack)
    read = program._resources
    unchanged = {id(resource): tuple(read(resource)) for resource in resources}
    monkeypatch.setattr(
        program, "_resources", lambda one: unchanged[id(one)] if id(one) in unchanged else read(one)
    )
    known = {finding.rule.id for finding in evaluate(good_stacks.good(stack), RulesConfig()).findings}
    tried = 0
    for index, resource in enumerate(resources):
        if program._adapter(resource.type) is None:
            continue
        for properties in hidden_variants(dict(resource.properties), marker):
            if not isinstance(properties, dict):
                continue
            changed = ResourceInput(resource.type, resource.name, properties)
            snapshot = program.snapshot(
                [*resources[:index], changed, *resources[index + 1 :]], good_stacks.profile(stack)
            )
            found = {finding.rule.id for finding in evaluate(snapshot, RulesConfig()).findings}
            assert found <= known, properties
            tried += 1
    assert tried > 2


def test_development_mode_of_the_official_image_is_seen_with_its_defaults():
    server = keycloak(
        command=["start-dev"],
        envs=["KC_BOOTSTRAP_ADMIN_PASSWORD=admin"],
        ports=[{"internal": 8080, "external": 8080}],
    )
    assert server.get("mode") == "start-dev"
    assert server.get("http") is True
    assert server.get("hostname") is None
    assert server.get("hostnameStrict") is False
    assert server.get("loopback") is False
    assert server.get("database") == "dev-file"
    assert server.get("version") == "26.8.0"
    assert server.get("adminSecretPlain") is True
    report = evaluate(
        program.snapshot([docker(command=["start-dev"], ports=[{"ip": "0.0.0.0"}])], "prod"), RulesConfig()
    )
    assert {
        *("keycloak-start-dev", "keycloak-plain-http", "keycloak-hostname", "keycloak-database"),
        *("container-root", "container-image-digest"),
    } <= {finding.rule.id for finding in report.findings}


def test_an_argument_counts_before_a_variable():
    server = keycloak(
        command=["start", "--db", "postgres"], envs=["KC_DB=dev-mem", "KC_HOSTNAME=https://a.example"]
    )
    assert server.get("database") == "postgres"
    assert server.get("url") == "https://a.example"
    assert server.path("database") == "command"
    assert server.path("hostname") == "envs.KC_HOSTNAME"


def test_a_hidden_argument_may_be_any_option():
    server = keycloak(command=["start", "--hostname=https://a.example", UNKNOWN])
    assert server.get("hostname") == "https://a.example"
    with pytest.raises(Inconclusive):
        server.get("database")


@pytest.mark.parametrize("image", ["registry.example.org/keycloak:1", f"{OFFICIAL}@sha256:1"])
def test_what_an_image_was_built_with_is_not_seen(image):
    server = keycloak(image=image, command=["start", "--optimized"])
    for name in ("database", "features", "hostname"):
        with pytest.raises(Inconclusive):
            server.get(name)


def test_a_version_that_no_tag_names_is_not_guessed():
    for image in ("registry.example.org/keycloak:latest", "quay.io/keycloak/keycloak:26.8", UNKNOWN):
        with pytest.raises(Inconclusive):
            keycloak(image=image, entrypoints=["/opt/keycloak/bin/kc.sh"]).get("version")


def test_what_can_not_be_seen_of_a_keycloak_is_not_guessed():
    server = keycloak(command=["start-dev", UNKNOWN], ports=[UNKNOWN])
    for name in ("adminSecretPlain", "loopback"):
        with pytest.raises(Inconclusive):
            server.get(name)
    with pytest.raises(Inconclusive):
        keycloak(command=["start"], envs=[MASKED]).get("adminSecretPlain")
    assert (
        keycloak(command=["start", "--bootstrap-admin-password=x", UNKNOWN]).get("adminSecretPlain") is True
    )


def test_a_keycloak_that_listens_on_loopback_is_not_reachable():
    assert keycloak(command=["start", "--http-host=127.0.0.1"], networkMode="host").get("loopback") is True


@pytest.mark.parametrize(
    ("properties", "is_one"),
    [
        ({"image": "registry.example.org/keycloak@sha256:1"}, True),
        ({"image": "x", "entrypoints": ["/opt/keycloak/bin/kc.sh", "start"]}, True),
        ({"image": UNKNOWN, "envs": ["KC_BOOTSTRAP_ADMIN_CLIENT_SECRET=s"]}, True),
        ({"image": "adorsys/keycloak-config-cli:6"}, False),
        ({"image": "bitnami/postgresql:17"}, False),
    ],
)
def test_a_keycloak_is_recognised(properties, is_one):
    assert bool(resources("KeycloakServer", docker(**properties))) is is_one


@pytest.mark.parametrize(
    ("properties", "level"),
    [
        ({"command": ["start", "--log-level=info,org.keycloak:trace"]}, "info,org.keycloak:trace"),
        ({"command": ["start", "--log-level-org.keycloak=debug"]}, "info,org.keycloak:debug"),
        ({"command": ["start"], "envs": ["KC_LOG_LEVEL_ORG_KEYCLOAK=debug"]}, "info,org.keycloak:debug"),
        ({"command": ["start"], "envs": ["KC_LOG_LEVEL=debug"]}, "debug"),
    ],
)
def test_every_way_to_set_a_log_level_is_seen(properties, level):
    assert keycloak(**properties).get("logLevel") == level


def test_the_switch_that_turns_the_audience_check_off_is_seen():
    name = "spi-login-protocol--openid-connect--allow-token-introspection-without-audience-check"
    assert keycloak(command=["start"]).get("introspectionAudienceCheck") is True
    assert keycloak(command=["start", f"--{name}=true"]).get("introspectionAudienceCheck") is False
    variable = "KC_SPI_LOGIN_PROTOCOL__OPENID_CONNECT__ALLOW_TOKEN_INTROSPECTION_WITHOUT_AUDIENCE_CHECK"
    assert keycloak(command=["start"], envs=[f"{variable}=true"]).get("introspectionAudienceCheck") is False


def test_an_access_log_that_is_off_has_no_pattern():
    pattern = "--http-access-log-pattern=%{i,Cookie}"
    assert keycloak(command=["start", pattern]).get("accessLogPattern") == ""
    assert (
        keycloak(command=["start", pattern, "--http-access-log-enabled=true"]).get("accessLogPattern")
        == "%{i,Cookie}"
    )


def test_a_container_that_never_runs_is_none():
    assert resources("Container", docker(start=False)) == []


def test_the_fields_of_a_container_are_those_that_are_named():
    (of_docker,) = resources("Container", docker())
    (of_kubernetes, *_) = resources("Container", *kubernetes_program.resources())
    assert tuple(of_docker.properties) == tuple(of_kubernetes.properties) == OF_A_STACK["Container"]


def test_the_network_of_the_machine_publishes_everything():
    (container,) = resources("Container", docker(networkMode="host"))
    assert list(container.items("publishedOn")) == ["0.0.0.0"]


def test_reports_show_neither_variables_nor_arguments():
    (container,) = resources(
        "Container", docker(envs=["A_TOKEN=of-a-test"], command=["--password=of-a-test"])
    )
    assert container.shown("environment.A_TOKEN") == "[secret]"
    assert container.shown("arguments") == "[secret]"
    report = evaluate(
        program.snapshot([docker(envs=["A_TOKEN=of-a-test"], command=["--password=of-a-test"])], "dev"),
        RulesConfig(),
    )
    found = [finding.as_json() for finding in report.findings]
    assert {"secret-in-environment", "secret-in-arguments"} <= {finding["rule"] for finding in found}
    assert "of-a-test" not in json.dumps(found)


def test_settings_that_can_be_read_tell_of_the_server():
    settings = {"url": "http://localhost:3000/mcp", "issuer": ["https://a.example", "https://b.example"]}
    upload = {"file": "/run/mcp/settings.json", "content": json.dumps(settings)}
    (server,) = resources("McpServer", docker(image="sha256:1", start=False, uploads=[upload]))
    assert server.get("verifier") == "introspection", "what the server does when nothing is said"
    assert server.get("issuers") == ["https://a.example", "https://b.example"]
    assert server.path("issuers") == "uploads[0].content"


def test_settings_that_are_secret_are_not_guessed():
    upload = {"file": "/run/mcp/settings.json", "content": MASKED}
    (server,) = resources("McpServer", docker(image="sha256:1", start=False, uploads=[upload]))
    for name in ("verifier", "audience", "issuer", "introspectionUrl"):
        with pytest.raises(Inconclusive):
            server.get(name)


@pytest.mark.parametrize(
    ("properties", "rule"),
    [
        ({"envs": ["FASTMCP_LOG_LEVEL=DEBUG"]}, "server-log-level"),
        ({"envs": ["FASTMCP_MASK_ERROR_DETAILS=false"]}, "server-detailed-errors"),
        ({"envs": ["FASTMCP_DEBUG=true"]}, "server-detailed-errors"),
        ({"command": ["fastmcp", "run", "server.py", "--log-level", "debug"]}, "server-log-level"),
    ],
)
def test_what_makes_a_fastmcp_server_talk_is_found(properties, rule):
    report = evaluate(program.snapshot([docker(image="calculator:1", **properties)], "dev"), RulesConfig())
    assert rule in {finding.rule.id for finding in report.findings}


def test_a_command_of_ones_own_is_looked_at():
    command = ["python3", "own.py", "--debug", "--api-key=of-a-test"]
    inputs = {"name": "own", "port": 3000.0, "issuer": "http://localhost:8080/realms/mcp", "command": command}
    report = evaluate(
        program.snapshot([ResourceInput("provision:process:McpServer", "own", inputs)], "dev"), RulesConfig()
    )
    found = {finding.rule.id: finding for finding in report.findings}
    assert {"server-log-level", "server-detailed-errors", "secret-in-arguments"} == set(found)
    assert found["server-log-level"].path == "command"


def test_the_addresses_of_keycloak_are_those_by_which_the_server_reaches_it():
    inputs = {"name": "own", "port": 3000.0, "issuer": "http://localhost:8080/realms/mcp", "command": ["own"]}
    by_number = {**inputs, "realmUrl": "http://127.0.0.1:8080/realms/mcp"}
    (server,) = (
        item
        for item in resources("McpServer", ResourceInput("provision:process:McpServer", "own", by_number))
        if item.get("jwksUrl")
    )
    assert server.get("jwksUrl") == "http://127.0.0.1:8080/realms/mcp/protocol/openid-connect/certs"
    assert server.get("issuers") == ["http://localhost:8080/realms/mcp"]
    assert server.paths["jwksUrl"] == "realmUrl"
    assert server.paths["issuers"] == "issuer"


def test_a_server_with_a_certificate_is_reached_over_https_and_breaks_nothing():
    issuer = "http://localhost:8080/realms/mcp"
    inputs = {"name": "a", "port": 3000.0, "issuer": issuer, "scopes": ["mcp:tools"]}
    with_tls = {**inputs, "tlsCertificateFile": "/a.pem", "tlsKeyFile": "/a.key"}
    (server,) = resources("McpServer", ResourceInput("provision:process:McpServer", "a", with_tls))
    assert server.get("url") == server.get("audience") == "https://localhost:3000/mcp"
    assert server.get("tls") is True
    (plain,) = resources("McpServer", ResourceInput("provision:process:McpServer", "a", inputs))
    assert plain.get("url") == "http://localhost:3000/mcp"
    assert plain.get("tls") is False
    (later,) = resources(
        "McpServer",
        ResourceInput("provision:process:McpServer", "a", {**with_tls, "tlsCertificateFile": UNKNOWN}),
    )
    for name in ("url", "tls"):
        with pytest.raises(Inconclusive):
            later.get(name)
    report = evaluate(
        program.snapshot([ResourceInput("provision:process:McpServer", "a", with_tls)], "dev"), RulesConfig()
    )
    assert [finding.rule.id for finding in report.findings] == []


def test_an_option_of_the_java_machine_can_be_one_of_keycloak():
    inputs = {"port": 8080.0, "javaOptions": ["-Dkc.log-level=debug"]}
    (server,) = resources("KeycloakServer", ResourceInput("provision:process:Keycloak", "keycloak", inputs))
    assert server.get("logLevel") == "debug"
    assert server.path("logLevel") == "javaOptions"


def test_the_connection_to_ones_own_keycloak_is_no_second_one():
    own = ResourceInput("provision:process:Keycloak", "keycloak", {"port": 8080.0})
    connection = ResourceInput("pulumi:providers:provision", "p", {"url": "https://login.example.org/"})
    assert [server.name for server in resources("KeycloakServer", own, connection)] == ["keycloak"]
    (other,) = resources("KeycloakServer", connection)
    assert other.get("url") == "https://login.example.org"
    with pytest.raises(Inconclusive):
        other.get("mode")


def test_a_provider_without_a_connection_tells_of_none():
    assert resources("KeycloakServer", ResourceInput("pulumi:providers:provision", "p", {})) == []


def test_a_stack_tells_of_the_servers_that_run_elsewhere():
    (server,) = (resource for resource in good_stacks.good("prod").resources if resource.kind == "McpServer")
    assert server.get("url") == "https://mcp.example.org/mcp"
    with pytest.raises(Inconclusive):
        server.get("verifier")


def test_a_server_of_ones_own_in_a_container_keeps_its_habits_to_itself():
    upload = {"file": "/run/mcp/settings.json", "content": json.dumps({"url": "u", "issuer": "i"})}
    (server,) = resources("McpServer", docker(image="calculator:1", start=False, uploads=[upload]))
    with pytest.raises(Inconclusive):
        server.get("sessionIdentity")
    (ours,) = resources("McpServer", docker(image="sha256:1", start=False, uploads=[upload]))
    assert ours.get("sessionIdentity") is False


def test_settings_in_a_config_map_tell_of_the_server():
    (server,) = resources("McpServer", *kubernetes_program.resources())
    assert server.get("issuer") == "https://login.example.org/realms/mcp"
    assert server.path("issuer") == "data.settings.json"
    other = ResourceInput("kubernetes:core/v1:ConfigMap", "x", {"data": {"issuer.json": '{"issuer": "i"}'}})
    assert resources("McpServer", other) == []


def test_a_folder_of_the_machine_is_seen_in_a_container():
    (container,) = resources(
        "Container",
        docker(volumes=[{"hostPath": "/srv", "volumeName": ""}], mounts=[{"source": "/etc", "type": "bind"}]),
    )
    assert list(container.items("mounts")) == ["/srv", "/etc"]


def test_a_pod_in_the_network_of_its_node_is_published_everywhere():
    workload = kubernetes_program.workload(
        "Deployment", "calculator", kubernetes_program.server(), hostNetwork=True
    )
    (container,) = resources("Container", workload)
    assert list(container.items("publishedOn")) == ["0.0.0.0"]


def test_the_pod_settles_what_its_containers_leave_open():
    container = kubernetes_program.server(securityContext={})
    context = {"runAsNonRoot": True}
    workload = kubernetes_program.workload("Deployment", "calculator", container, securityContext=context)
    (found,) = resources("Container", workload)
    assert found.get("user") == "not root"
    assert found.get("capabilitiesDropped") == []


def test_a_path_of_the_machine_is_seen_in_a_pod():
    volume = {"name": "engine", "hostPath": {"path": "/run/containerd/containerd.sock"}}
    workload = kubernetes_program.workload(
        "Deployment", "calculator", kubernetes_program.server(), volumes=[volume]
    )
    report = evaluate(program.snapshot([workload], "prod"), RulesConfig())
    (finding,) = report.findings
    assert finding.rule.id == "container-engine-socket"
    assert finding.path == "spec.template.spec.volumes"


def test_a_variable_out_of_a_kubernetes_secret_does_not_stand_in_the_deployment():
    secret = {"name": "KC_BOOTSTRAP_ADMIN_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
    workload = kubernetes_program.workload("Deployment", "login", kubernetes_program.keycloak(env=[secret]))
    (server,) = resources("KeycloakServer", workload)
    assert server.get("adminSecretPlain") is False
    plain = {"name": "KC_BOOTSTRAP_ADMIN_PASSWORD", "value": "admin"}
    workload = kubernetes_program.workload("Deployment", "login", kubernetes_program.keycloak(env=[plain]))
    (server,) = resources("KeycloakServer", workload)
    assert server.get("adminSecretPlain") is True
