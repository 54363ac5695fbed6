"""Security rules: functions over the resources of a program, a running system, a live realm or a realm export.

A rule is one file in ``checks``; it imports the names below, and the questions shared by several rules from ``helpers``.
The modules of ``sources`` make the resources, ``evaluation`` runs the rules, ``reports`` print the findings.
"""

from provision.rules.definition import RuleContext, rule
from provision.rules.model import Inconclusive, Resource, Violation

__all__ = ["Inconclusive", "Resource", "RuleContext", "Violation", "rule"]
