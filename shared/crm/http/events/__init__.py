"""Routes and models of inbound events and replays."""
