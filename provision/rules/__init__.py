"""Security rules: functions over what a program declares, what runs, and what a live realm or an export holds.

A rule is one file in ``checks``; it imports the names below, and questions that several rules ask from ``helpers``.
``sources`` make the resources that rules look at, ``evaluation`` asks the rules, ``reports`` print what they find.
"""

from provision.rules.definition import RuleContext, rule
from provision.rules.model import Inconclusive, Resource, Violation

__all__ = ["Inconclusive", "Resource", "RuleContext", "Violation", "rule"]
