"""libvirt's XML to and from the model: pure, through lxml only, one family of devices in a file."""
