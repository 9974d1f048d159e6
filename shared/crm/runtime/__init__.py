"""What Lambda functions share: settings, logger, metrics, clock, and the adapters."""
