"""Changes that break the rule ``registration-in-production``."""

from tests.support.mutations import Set, Where

STACK = "prod"
BREAKS = ((Set(Where("TrustedHostsPolicy"), {"trustedHosts": ["vscode.dev"]}),),)
