"""Build, run, fill and stop the whole stack on this machine."""
