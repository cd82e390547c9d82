# SPDX-License-Identifier: BSD-2-Clause
"""eg_ctypes.py: the same lock from Python, by ctypes: the shared library has a symbol for every function, inline ones too.

A context manager is all that a program needs. A lock belongs to a thread: enter and leave it in the same one.

Prints: settled 3 orders, each under a larger token; the till counted 400
"""
import ctypes
import os
import threading
from ctypes import POINTER, byref, c_bool, c_char_p, c_int, c_int64, c_uint, c_uint64, c_void_p

pawl = ctypes.CDLL("libpawl.so.0")


class Fence(ctypes.Structure):
    _fields_ = [("hi", c_uint64), ("lo", c_uint64)]


class Grant(ctypes.Structure):
    _fields_ = [("fence", Fence), ("owner_died", c_bool), ("remote", c_bool), ("good_until_ns", c_int64)]


# What a function takes where that is not an int or a pointer, and what it returns.
pawl.pawl_in_ms.argtypes, pawl.pawl_in_ms.restype = [c_int64], c_int64
pawl.pawl_space_open.argtypes = [POINTER(c_void_p), c_char_p, c_void_p]
pawl.pawl_space_close.argtypes = [c_void_p]
pawl.pawl_space_reason.restype = pawl.pawl_strerror.restype = c_char_p
pawl.pawl_lock_open.argtypes = [c_void_p, c_char_p, c_uint, POINTER(c_void_p)]
pawl.pawl_lock_acquire.argtypes = [c_void_p, c_int64, POINTER(Grant)]
pawl.pawl_lock_release.argtypes = pawl.pawl_lock_close.argtypes = [c_void_p]
pawl.pawl_fence_cmp.argtypes = [Fence, Fence]  # inline in C
pawl.pawl_mutex_lock.argtypes = pawl.pawl_mutex_unlock.argtypes = [c_void_p]
AUTO_RECOVER = 0x2


def check(rc, what=""):
    if rc != 0:
        raise OSError(rc, f"{what}: {pawl.pawl_strerror(rc).decode()}")


class Lock:
    """with Lock(space, "orders/42") as grant: ..."""

    def __init__(self, space, name, ms=5000):
        self.lock, self.name, self.ms = c_void_p(), name, ms
        check(pawl.pawl_lock_open(space, name.encode(), AUTO_RECOVER, byref(self.lock)), name)

    def __enter__(self):
        grant = Grant()
        check(pawl.pawl_lock_acquire(self.lock, pawl.pawl_in_ms(self.ms), byref(grant)), self.name)
        return grant

    def __exit__(self, *_):
        check(pawl.pawl_lock_release(self.lock), self.name)  # ESTALE: the lease was lost


space = c_void_p()
if pawl.pawl_space_open(byref(space), b"exchange", None) != 0:
    raise SystemExit(pawl.pawl_space_reason().decode())
order, newest, settled = Lock(space, "orders/42"), Fence(0, 0), 0
for _ in range(3):
    with order as grant:
        settled += pawl.pawl_fence_cmp(grant.fence, newest) > 0
        newest = grant.fence

# A mutex is 16 zeroed bytes; ctypes lets go of the interpreter's own lock while it waits.
mutex, till = ctypes.create_string_buffer(16), []


def cashier():
    for _ in range(100):
        check(pawl.pawl_mutex_lock(mutex))
        till.append(len(till) + 1)
        check(pawl.pawl_mutex_unlock(mutex))


cashiers = [threading.Thread(target=cashier) for _ in range(4)]
for thread in cashiers:
    thread.start()
for thread in cashiers:
    thread.join()
print(f"settled {settled} orders, each under a larger token; the till counted {till[-1]}")
pawl.pawl_lock_close(order.lock)
check(pawl.pawl_space_close(space), os.environ.get("PAWL_DIR", "/dev/shm"))
