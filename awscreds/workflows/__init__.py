"""The use cases. They take what they need as arguments and know neither click, rich nor boto3."""
