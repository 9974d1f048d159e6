"""The DynamoDB engines of the tests, with the tables of the template."""
