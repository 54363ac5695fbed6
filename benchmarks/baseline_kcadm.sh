#!/usr/bin/env bash
# Set the realm of the MCP authorization tutorial up with Keycloak's own command line, as its users do without this toolkit.
#
# The baseline of the benchmark: the same objects that a dev stack has, made by one script that is run once. It does
# not look at what is there already; the second run fails at the realm.
#
# Needs: KEYCLOAK_URL, ADMIN_CLIENT_ID, ADMIN_SECRET_FILE (service account in the master realm), KCADM (path of kcadm.sh).
# May have: REALM, SERVER_URL, INTROSPECTION_CLIENT_ID, INTROSPECTION_SECRET_FILE, PUBLIC_CLIENT_ID, DEMO_USER, DEMO_PASSWORD_FILE.
set -euo pipefail

: "${KEYCLOAK_URL:?for example http://localhost:8080}"
: "${ADMIN_CLIENT_ID:?client id of the service account}"
: "${ADMIN_SECRET_FILE:?file with its secret}"
: "${KCADM:?path of kcadm.sh}"
realm=${REALM:-mcp}
server_url=${SERVER_URL:-http://localhost:3000/mcp}
introspection_client=${INTROSPECTION_CLIENT_ID:-mcp-server}
public_client=${PUBLIC_CLIENT_ID:-mcp-client}
demo_user=${DEMO_USER:-demo}
scope=mcp:tools
trusted_hosts='["localhost","127.0.0.1","vscode.dev","insiders.vscode.dev","code.visualstudio.com","claude.ai","claude.com"]'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kc() {
    local command=$1
    shift
    "$KCADM" "$command" "$@" --config "$work/kcadm.config"
}
# A secret never stands on a command line: kcadm reads it from its standard input or from a JSON body.
secret() { if [ -n "$1" ]; then tr -d '\n' <"$1"; else head -c 24 /dev/urandom | base64 | tr -d '\n'; fi; }
admin_secret=$(secret "$ADMIN_SECRET_FILE")
introspection_secret=$(secret "${INTROSPECTION_SECRET_FILE:-}")
demo_password=$(secret "${DEMO_PASSWORD_FILE:-}")

KC_CLI_CLIENT_SECRET=$admin_secret kc config credentials --server "$KEYCLOAK_URL" --realm master --client "$ADMIN_CLIENT_ID"

kc create realms -s realm="$realm" -s enabled=true

scope_id=$(kc create client-scopes -r "$realm" -i -f - <<JSON
{"name": "$scope", "protocol": "openid-connect",
 "attributes": {"include.in.token.scope": "true", "display.on.consent.screen": "true",
                "consent.screen.text": "Use the tools of the MCP server on your behalf"}}
JSON
)
kc update "default-default-client-scopes/$scope_id" -r "$realm" -n -b '{}'

# Not into introspection: Keycloak would add the audience to the answer about tokens that were narrowed to others.
kc create "client-scopes/$scope_id/protocol-mappers/models" -r "$realm" -f - <<JSON
{"name": "audience-config", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
 "config": {"included.custom.audience": "$server_url", "access.token.claim": "true",
            "id.token.claim": "false", "introspection.token.claim": "false"}}
JSON
# Since the fix for CVE-2026-37979 the client that introspects must be an audience too.
kc create "client-scopes/$scope_id/protocol-mappers/models" -r "$realm" -f - <<JSON
{"name": "introspection-audience", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
 "config": {"included.client.audience": "$introspection_client", "access.token.claim": "true",
            "id.token.claim": "false", "introspection.token.claim": "false"}}
JSON

policies=$(kc get components -r "$realm" --fields id,providerId,subType --format csv --noquotes \
    -q type=org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy)
policy_id() {
    local id
    id=$(awk -F, -v provider="$1" '$2 == provider && $3 == "anonymous" {print $1}' <<<"$policies")
    [ -n "$id" ] || { echo "there is no anonymous $1 policy" >&2; return 1; }
    echo "$id"
}
trusted=$(policy_id trusted-hosts)
kc update "components/$trusted" -r "$realm" -s "config.\"trusted-hosts\"=$trusted_hosts"
templates=$(policy_id allowed-client-templates)
kc update "components/$templates" -r "$realm" -s "config.\"allowed-client-scopes\"=[\"$scope\"]"

kc update client-policies/profiles -r "$realm" -f - <<JSON
{"profiles": [{"name": "mcp-pkce", "executors": [{"executor": "pkce-enforcer", "configuration": {"auto-configure": "true"}}]}]}
JSON
kc update client-policies/policies -r "$realm" -f - <<JSON
{"policies": [{"name": "mcp-pkce", "enabled": true, "profiles": ["mcp-pkce"],
               "conditions": [{"condition": "any-client", "configuration": {}}]}]}
JSON

kc create clients -r "$realm" -f - <<JSON
{"clientId": "$introspection_client", "secret": "$introspection_secret", "publicClient": false,
 "standardFlowEnabled": false, "directAccessGrantsEnabled": false, "serviceAccountsEnabled": false}
JSON
kc create clients -r "$realm" -f - <<JSON
{"clientId": "$public_client", "publicClient": true, "standardFlowEnabled": true, "directAccessGrantsEnabled": false,
 "consentRequired": true, "fullScopeAllowed": false,
 "redirectUris": ["http://127.0.0.1/", "http://localhost/callback", "https://vscode.dev/redirect"],
 "attributes": {"pkce.code.challenge.method": "S256"}}
JSON
kc create users -r "$realm" -f - <<JSON
{"username": "$demo_user", "enabled": true, "email": "$demo_user@example.org", "emailVerified": true,
 "firstName": "Demo", "lastName": "User",
 "credentials": [{"type": "password", "value": "$demo_password", "temporary": false}]}
JSON
