"""Key Vault, control plane: vaults, and secrets as `Microsoft.KeyVault/vaults/secrets` writes them."""
