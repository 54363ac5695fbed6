"""Samples of every kind of Keycloak object: an object, a change to it, and the objects that it needs.

A module beside this file holds samples under ``SAMPLES``; a new module is found automatically.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.support.samples.sample import Sample

SAMPLES: dict[str, Sample] = {}
for _module in pkgutil.iter_modules(__path__):
    SAMPLES |= getattr(import_module(f"{__name__}.{_module.name}"), "SAMPLES", {})

__all__ = ["SAMPLES", "Sample"]
