"""One function per thing a caller asks for; the ports it needs are in its signature."""
