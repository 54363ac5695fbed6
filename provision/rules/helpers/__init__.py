"""Questions shared by several rules."""
