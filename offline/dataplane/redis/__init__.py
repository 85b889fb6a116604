"""Azure Managed Redis as its callers see it: who gets in, and a real server behind the door."""
