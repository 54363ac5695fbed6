"""What a declared object is, and how it is handled."""
