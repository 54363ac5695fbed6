"""Small modules that every other package may use; they import nothing from the other packages."""
