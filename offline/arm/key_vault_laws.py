"""What Key Vault refuses, and where that was seen."""
