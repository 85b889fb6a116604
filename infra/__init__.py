"""How Azure provides it: one component a file. What is wanted is decided in `config`."""
