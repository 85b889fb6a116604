"""What we want: the stack's settings and everything that is derived from them by thinking alone.

Pure Python. Nothing in here imports Pulumi, calls Azure or touches the network, so that every rule can be
tested in milliseconds and the same settings serve the program, the policies and the operators' commands.
"""
