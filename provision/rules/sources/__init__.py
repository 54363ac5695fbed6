"""The sources of resources: a program, its recorded state, a live realm, a realm export."""
