"""Tokens, the keys that sign them, and sessions: how long they last and who may renew them."""
