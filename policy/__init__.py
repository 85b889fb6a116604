"""Guardrails as a Pulumi policy pack."""
