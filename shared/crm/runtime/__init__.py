"""The runtime of a Lambda function: settings, logger, metrics, clock and adapters."""
