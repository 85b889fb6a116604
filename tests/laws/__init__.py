"""Every law of the offline Azure, broken once and kept once."""
