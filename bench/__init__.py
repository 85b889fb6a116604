"""`make bench`: how long things take on this machine, each beside something to hold it against."""
