"""The ladder: settings, mocks, the offline Azure by itself, the real engine, the real proxy."""
