"""The program of every stack: ``pulumi up`` runs this file, ``provision up`` the same function."""

from pathlib import Path

from provision.stack import program

program(Path(__file__).parent)
