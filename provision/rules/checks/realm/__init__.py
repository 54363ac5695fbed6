"""The realm: connections, logins, what is recorded, and who is in it."""
