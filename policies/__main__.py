"""The policy pack: the engine of ``pulumi preview --policy-pack`` starts this file and asks it."""

from provision.rules.pack import serve

serve()
