"""Files and their versions in S3."""
