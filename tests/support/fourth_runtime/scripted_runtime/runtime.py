"""The runtime's answers to the commands."""

from dataclasses import replace

from provision.runtimes.process import status
from provision.runtimes.protocol import Finding, Runtime

FOLDER = "scripted"


class ScriptedRuntime(Runtime):
    """A runtime with everything in one folder of the stack."""

    def diagnose(self, config):
        yield Finding("Scripts", "found", "there is always a shell")

    def deployment(self, placement):
        from scripted_runtime.deployment import ScriptedDeployment

        return ScriptedDeployment(placement)

    def processes(self, stack):
        found = status.processes(stack.home / FOLDER)
        return tuple(replace(item, state="scripted") for item in found)

    def audit_log(self, process):
        return status.audit_log(process)

    def before_up(self, stack, config, say):
        say("  · the scripts are looked at")
        return False

    def stop(self, stack):
        status.stop_all(stack.home / FOLDER)


RUNTIME = ScriptedRuntime
