"""Real libvirt hosts on one machine, for tests and demonstrations."""
