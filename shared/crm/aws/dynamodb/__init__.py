"""The DynamoDB table: its keys, its client, and how rows are read and written."""
