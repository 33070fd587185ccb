"""libvirt's event loop: one for the whole process, registered before the first connection is opened."""

from threading import Lock, Thread

from xcp_drivers.libvirt.api import Library

_lock = Lock()
_threads: list[Thread] = []


def ensure(library: Library) -> None:
    """Register the default implementation and run it in a daemon thread; again costs nothing.

    Without it neither keepalive nor events work, and a host that dies without a word is never noticed.
    """
    with _lock:
        if _threads:
            return
        library.virEventRegisterDefaultImpl()
        # libvirt prints every error to stderr otherwise; ours are raised.
        library.registerErrorHandler(_silent, None)

        def run() -> None:
            while True:
                library.virEventRunDefaultImpl()

        thread = Thread(target=run, name="libvirt-events", daemon=True)
        _threads.append(thread)
        thread.start()


def _silent(context: object, error: object) -> None:
    del context, error
