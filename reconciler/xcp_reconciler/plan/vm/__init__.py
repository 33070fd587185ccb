"""What to do about one virtual machine."""
