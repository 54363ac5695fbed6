"""Where things run: one module or folder per runtime."""
