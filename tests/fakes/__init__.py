"""The ports, kept in memory; they pass the same contract tests as what ships."""
