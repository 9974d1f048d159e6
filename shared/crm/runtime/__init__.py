"""What a Lambda is given: settings, logger, metrics, clock, and the adapters of the ports."""
