"""The threads of a web worker: one answers while it keeps up, the others stand in only where it is held up.

Threads of a process share one interpreter. Handed from thread to thread, short requests cost a third more processor
than in one thread, one after another (docs/decisions/0001); with one thread alone, whoever sends a slow request, or
opens a connection and stays silent, holds up everybody. So a further thread begins only when every one at work has been
with its request for HELD_UP_SECONDS and another request waits, and the one that was held up leaves when it is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

HELD_UP_SECONDS: Final = 0.05
IDLE: Final = float("inf")


class Crew(Executor):
    """An executor of at most `most` threads, of which one works as a rule."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._began: dict[
            int, float
        ] = {}  # each one at work: when it took its request; IDLE when it has none
        self._closed = threading.Event()
        self._add()
        threading.Thread(target=self._look, daemon=True, name="crew-look").start()

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Queue a piece of work. Raises RuntimeError after `shutdown`."""
        if self._closed.is_set():
            raise RuntimeError("the crew has gone home")
        future: Future[R] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - whoever asks the future is told
                future.set_exception(error)

        self._waiting.put(run)
        return future

    def shutdown(self, *_args: object, **_options: object) -> None:
        """Take no more work; what is queued is still done, by threads that die with the process."""
        self._closed.set()
        for _each in range(self.most):
            self._waiting.put(None)

    def size(self) -> int:
        """How many threads are at work or ready for it."""
        with self._lock:
            return len(self._began)

    def _add(self) -> None:
        thread = threading.Thread(target=self._work, daemon=True, name="crew")
        with self._lock:
            thread.start()
            self._began[thread.ident or 0] = IDLE

    def _work(self) -> None:
        me = threading.get_ident()
        with self._lock:
            pass  # whoever began this thread has written it down
        while (task := self._waiting.get()) is not None:
            self._began[me] = began = time.monotonic()
            task()
            if self._may_leave(me, time.monotonic() - began):
                return
        with self._lock:
            del self._began[me]

    def _may_leave(self, me: int, seconds: float) -> bool:
        """Whoever was held up leaves when another one stood in meanwhile."""
        self._began[me] = IDLE
        if seconds < HELD_UP_SECONDS:
            return False
        with self._lock:
            if len(self._began) == 1:
                return False
            del self._began[me]
            return True

    def _look(self) -> None:
        while not self._closed.wait(HELD_UP_SECONDS):
            if self._waiting.empty():
                continue
            now = time.monotonic()
            with self._lock:
                held_up = all(now - began >= HELD_UP_SECONDS for began in self._began.values())
                room = len(self._began) < self.most
            if held_up and room:
                self._add()
