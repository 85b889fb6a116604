"""The resource manager, as Azure's REST shows it."""
