"""Where resources come from: a program, its recorded state, a live realm, a realm export."""
