"""The DynamoDB table: keys, client, and reading and writing rows."""
