"""The libvirt driver's pure parts."""
