"""Every way that an up, a change and a destroy can be cut short, and what they then come to."""
