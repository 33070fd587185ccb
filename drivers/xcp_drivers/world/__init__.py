"""The simulated hypervisors' truth: guests, disks, time."""
