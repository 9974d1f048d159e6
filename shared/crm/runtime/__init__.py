"""The runtime of a Lambda function: settings, logger, metrics, clock and adapters."""

# botocore compiles large regular expressions when it is imported. Deep inside other imports they
# cross the end of a chunk of CPython's frame stack, which is then mapped and unmapped at each
# call: 40 ms of a start. So it is imported here, near the top.
import botocore.config  # noqa: F401 - see above
