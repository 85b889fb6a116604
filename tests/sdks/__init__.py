"""Microsoft's SDKs against the offline Azure."""
