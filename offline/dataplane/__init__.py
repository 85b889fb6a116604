"""What a caller of a service sees: Azure OpenAI, Key Vault and sign-in."""
