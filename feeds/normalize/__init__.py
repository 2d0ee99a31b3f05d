"""What sources write -> what the model promises. Pure: no I/O, no clock."""
