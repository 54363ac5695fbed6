"""Small modules that every room may use; they import nothing of the other rooms."""
