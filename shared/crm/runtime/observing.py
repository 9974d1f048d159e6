"""The logger and metrics that every function shares; neither is ever given personal data."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(log_uncaught_exceptions=False)
metrics = Metrics()
