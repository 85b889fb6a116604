"""Commands for the people who run the gateway; the same against Azure and offline."""
