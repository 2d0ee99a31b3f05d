"""What a poll costs, beside others that do the same."""
