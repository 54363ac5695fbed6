"""What several kinds of objects share."""
