"""The store, met through its public face: files, processes, disks."""
