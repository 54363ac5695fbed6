"""The declarations of a user: one pydantic module per concept. The JSON Schema of a stack file comes from here."""
