"""The policy pack: the engine of ``pulumi preview --policy-pack`` starts this file and asks it."""

from provision.policy_pack import serve

serve()
