"""The session of the Admin API of a stack that is up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.cli.main import Invocation
    from provision.config.stack_config import StackConfig
    from provision.engine.operation import Engine
    from provision.keycloak.api.session import Session
    from provision.stack.outputs import StackOutputs


@dataclass(frozen=True)
class StackSession:
    """A stack's realm and the session that reaches the realm.

    Args:
        session: The session of the Admin API.
        realm: The realm's name.
        config: The stack file's settings.
        outputs: The stack's outputs.
        engine: The stack's engine.
    """

    session: Session
    realm: str
    config: StackConfig
    outputs: StackOutputs
    engine: Engine

    @classmethod
    def of(cls, invocation: Invocation) -> StackSession:
        """Return the session of the chosen stack.

        Raises:
            UsageError: There is no such stack or its configuration is wrong.
            NotUpError: The stack is not up.
        """
        return cls.by(invocation.engine())

    @classmethod
    def by(cls, engine: Engine) -> StackSession:
        """Return the session of an engine's stack; see :meth:`of`."""
        from provision.keycloak.api.session import Session

        config, outputs = engine.stack.config(), engine.outputs_when_up()
        return cls(Session(engine.connection(outputs)), outputs.realm, config, outputs, engine)
