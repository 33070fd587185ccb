"""The kernels in readable Python: the specification that the compiled ones must equal bit for bit."""
