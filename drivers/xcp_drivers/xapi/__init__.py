"""XCP-ng and XenServer pools through XAPI: costs and calls as data. The driver itself is not here yet."""
