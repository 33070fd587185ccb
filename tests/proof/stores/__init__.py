"""The store under crashes of real processes, damaged journals and full disks."""
