"""Compiled functions (Numba), and the folder in which they are kept between runs.

`kernel` compiles a function that is called from Python; of those that only kernels call, `inlined` becomes
part of its callers and `called` stays one. None counts references, so arrays are made outside and passed in,
and nothing is raised inside. Without Numba, or with ``NUMBA_DISABLE_JIT=1``, functions are left as they are:
slower, the same results.

Numba looks at the file of a function alone when it decides whether compiled code is still good; code inlined
from another file would grow stale. So the folder is named by a hash of all that compiled code is made of, and
of all that Numba goes by: what is in the folder of that name is good.
"""

from __future__ import annotations

import atexit
import hashlib
import platform
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from sim.places import cache_folder

try:
    import numba
    from llvmlite import binding, ir
    from numba import types
    from numba.core import cgutils, compiler
    from numba.extending import intrinsic
    from numba.np import arrayobj
except ImportError:  # everything works without it, slower
    numba = None

__all__ = [
    "HAS_NUMBA",
    "IS_COMPILED",
    "SOURCES",
    "called",
    "fetches",
    "inlined",
    "int64",
    "kernel",
    "kept_in",
]

F = TypeVar("F", bound=Callable[..., Any])

HAS_NUMBA: bool = numba is not None
"""Whether Numba is installed."""

IS_COMPILED: bool = HAS_NUMBA and not numba.config.DISABLE_JIT
"""Whether kernels are compiled in this process."""

int64: Callable[[Any], int] = cast(Any, np.int64)
"""A whole number of 64 bits, which is what integers are in compiled code."""

SOURCES = (
    "errors.py",
    "jit.py",
    "units.py",
    "engine/compiled_rules.py",
    "engine/crew.py",
    "engine/heaps.py",
    "engine/loop.py",
    "engine/packed.py",
    "engine/rota.py",
    "engine/winner_tree.py",
    "engine/world.py",
    "measure/fold.py",
    "measure/sketch.py",
    "model/arrivals.py",
    "model/compiled_arrivals.py",
    "model/compiled_draws.py",
    "model/day_curves.py",
    "model/draws.py",
    "model/lookup.py",
    "model/opening.py",
    "model/order.py",
    "model/records.py",
    "model/rules.py",
    "model/tables.py",
)
"""Files of which compiled code is made: those with kernels, and all whose functions or constants they use."""

_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}


@lru_cache(maxsize=1)
def kept_in() -> Path:
    """The folder for compiled code; made if need be, a passing one where none can be written."""
    base = cache_folder()
    folder = None if base is None else base / "compiled" / _digest()
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            pass
    passing = Path(tempfile.mkdtemp(prefix="supportsim-"))
    atexit.register(shutil.rmtree, passing, ignore_errors=True)
    if folder is not None and folder.is_dir():  # may be read only: made with a container, by somebody else
        shutil.copytree(folder, passing, dirs_exist_ok=True)
    return passing


def _digest() -> str:
    """A name for all that decides whether compiled code can be used: versions, processor, source files.

    Numba looks for the code of a file by its path.
    """
    home = Path(__file__).parent
    versions = [platform.python_version(), *(version(name) for name in ("numba", "llvmlite", "numpy"))]
    digest = hashlib.blake2b(repr((str(home), _processor(), versions)).encode(), digest_size=10)
    for source in SOURCES:
        digest.update((home / source).read_bytes())
    return digest.hexdigest()


def _processor() -> list[str]:
    """Kind of processor, and what it can do."""
    try:
        features = sorted(name for name, is_there in binding.get_host_cpu_features().items() if is_there)
    except RuntimeError:  # it does not tell
        features = []
    return [platform.machine(), binding.get_host_cpu_name(), *features]


if IS_COMPILED:

    class _Pipeline(compiler.Compiler):  # type: ignore[misc]
        """Numba's own, but indexes are never thought to count from the end; a fifth of all instructions."""

        def compile_extra(self, function: Any) -> Any:
            """Compile; Numba's lock keeps other threads from compiling meanwhile."""
            fixes = getattr(arrayobj, "fix_integer_index", None)
            if fixes is None:  # another version of Numba: nothing is lost but speed
                return super().compile_extra(function)
            arrayobj.fix_integer_index = _as_it_is
            try:
                return super().compile_extra(function)
            finally:
                arrayobj.fix_integer_index = fixes

    def _as_it_is(context: Any, builder: Any, kind: Any, index: Any, _size: Any) -> Any:
        return context.cast(builder, index, kind, types.intp if kind.signed else types.uintp)


def _compiled(function: F, **options: Any) -> F:
    if not IS_COMPILED:
        return function
    others = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(kept_in())  # looked at while the function is wrapped; ours alone goes there
    try:
        wrapped: F = numba.njit(**_OPTIONS, **options, pipeline_class=_Pipeline)(function)
    finally:
        numba.config.CACHE_DIR = others
    return wrapped


def kernel(function: F) -> F:
    """A compiled function that Python calls; other threads go on meanwhile."""
    return _compiled(function, cache=True)


def called(function: F) -> F:
    """A compiled function that kernels call; inlined only where the compiler thinks it pays."""
    return _compiled(function, no_cpython_wrapper=True)


def inlined(function: F) -> F:
    """A compiled function that becomes part of the kernels which call it."""
    return _compiled(function, no_cpython_wrapper=True, forceinline=True)


if IS_COMPILED:

    @intrinsic  # type: ignore[untyped-decorator]
    def has_columns(_: Any, table: Any, number: Any) -> Any:  # noqa: ARG001 - Numba looks at the number of names
        """Let the compiler know how many columns a table (n, m) has: places are then found by shifts."""

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            columns = cgutils.unpack_tuple(builder, array.shape, 2)[1]
            builder.assume(builder.icmp_signed("==", columns, arguments[1]))
            return context.get_dummy_value()

        return types.void(table, types.int64), code

    @intrinsic  # type: ignore[untyped-decorator]
    def fetches(_: Any, table: Any, row: Any, column: Any) -> Any:  # noqa: ARG001
        """Let the processor fetch what stands at a place of a table (n, m), soon to be needed."""

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = signature.args[0]
            array = context.make_array(kind)(context, builder, arguments[0])
            at = cgutils.get_item_pointer(context, builder, kind, array, arguments[1:], wraparound=False)
            at = builder.bitcast(at, ir.IntType(8).as_pointer())
            words = [ir.Constant(ir.IntType(32), number) for number in (1, 3, 1)]  # to write, keep, data
            number = ir.FunctionType(ir.VoidType(), [at.type] + [ir.IntType(32)] * 3)
            function = cgutils.get_or_insert_function(builder.module, number, "llvm.prefetch.p0")
            builder.call(function, [at, *words])
            return context.get_dummy_value()

        return types.void(table, types.int64, types.int64), code

else:

    def fetches(table: Any, row: int, column: int) -> None:
        """Let the processor fetch what stands at a place of a table (n, m), soon to be needed."""

    def has_columns(table: Any, number: int) -> None:
        """Let the compiler know how many columns a table (n, m) has: places are then found by shifts."""
        assert table.shape[1] == number
