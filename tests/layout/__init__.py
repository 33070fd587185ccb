"""What the tree itself must look like."""
