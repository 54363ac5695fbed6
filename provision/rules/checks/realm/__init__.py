"""The realm: connections, logins, recorded events, and accounts."""
