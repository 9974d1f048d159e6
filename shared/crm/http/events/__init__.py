"""Routes and models of events sent over HTTP and of replays."""
