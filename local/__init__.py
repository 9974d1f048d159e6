"""The whole stack on this machine: build it, run it, fill it, stop it."""
