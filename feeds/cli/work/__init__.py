"""What the commands do. Heavy: a module of these is imported only when its command runs."""
