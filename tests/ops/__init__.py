"""`python -m ops` against the offline Azure, as it runs against Azure."""
