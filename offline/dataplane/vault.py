"""Key Vault, data plane: secrets at `https://{vault}.vault.azure.net`."""
