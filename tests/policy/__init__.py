"""The policy pack, run by the real engine."""
