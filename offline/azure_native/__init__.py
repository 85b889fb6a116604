"""What stands behind the azure-native provider (`offline/provider.py`): a client of Azure, and what it does when."""
