"""`make demo`: from a fresh clone to an answered chat completion, without Azure."""
