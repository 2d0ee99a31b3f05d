"""Kill a program at every file operation it makes, and see whether it recovers."""
