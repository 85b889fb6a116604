"""What in the program keeps it from breaking each law: taken away, the law strikes."""
