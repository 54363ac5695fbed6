"""A stand-in for ``pulumi-resource-docker`` 5.2.0, which only an official Pulumi install can fetch.

It speaks the provider protocol and drives the real Docker daemon for the four resource types that the stack uses. Put
this folder on PATH and the engine finds it by its name. Names, defaults, what replaces and what a refresh sees follow
the official plugin (the bridged Terraform provider ``kreuzwerker/docker``). It differs on purpose in three things: a
container that dies or gets unhealthy fails the wait at once and with its last log lines, not without them when the time
is over; nothing sleeps (the official one takes 2 s or more to make, read or remove a network and to remove a volume);
and what is still in use is refused at once instead of after 30 s.
"""
