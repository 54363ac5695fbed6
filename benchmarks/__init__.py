"""What the commands cost, beside what one would do instead."""
