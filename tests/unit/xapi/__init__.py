"""What plans show for XAPI pools."""
