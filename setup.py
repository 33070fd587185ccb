"""What pyproject.toml cannot say: kernels are compiled where there is a compiler, and left out where there is none."""

from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("ext/xcp_kernels")

setup(
    # Each _NAME.pyx has a readable twin, _reference/NAME.py, that runs in its place.
    ext_modules=[
        Extension(
            f"xcp_kernels.{kernel.stem}",
            [str(kernel)],
            depends=[str(part) for part in sorted(FOLDER.glob("*.pxd"))],
            # Contracted products would be other doubles than Python's.
            extra_compile_args=["-O3", "-g0", "-ffp-contract=off"],
            optional=True,
        )
        for kernel in sorted(FOLDER.glob("_*.pyx"))
    ],
    # Generated C belongs to the build, not beside its source. As many compilers at once as there are cores.
    options={"build_ext": {"cython_c_in_temp": True, "parallel": True}},
)
