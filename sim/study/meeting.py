"""Replications of several variants that meet the same customers, simulated when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.measure.customers import Customers, Paired, paired
from sim.measure.figure import Estimate
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.measure.result import estimates
from sim.model.records import Chunk
from sim.study.budget import left_over
from sim.study.engines import replicate
from sim.study.executors import Workers
from sim.study.payload import Codec, arrays_of, packed, sums_of, unpacked
from sim.study.replications import Progress, expected_issues, results_of_replications
from sim.study.store import Keeping
from sim.study.variants import Variant, Wanted

__all__ = ["Meeting", "Result"]

_MOST_CUSTOMERS = 20_000_000  # in a replication; of more, what became of each is not kept (some gigabytes)


class Result(NamedTuple):
    """A replication of all variants; None: of one that had dropped out."""

    sums: tuple[Sums | None, ...]
    customers: tuple[Paired | None, ...]  # of all variants but the first, where both are there and kept


def _arrays(result: Result) -> Iterator[NDArray[np.int64]]:
    """The arrays of which a result is made: which parts are there, then these."""
    for parts in (result.sums, result.customers):
        yield np.array([part is not None for part in parts], np.int64)
    for sums in result.sums:
        yield from arrays_of(sums) if sums else ()
    for pair in result.customers:
        yield from pair or ()


def _payload(result: Result) -> bytes:
    return packed(_arrays(result))


def _result(payload: bytes) -> Result:
    arrays = unpacked(payload)
    has_sums, has_pair = next(arrays), next(arrays)
    sums = tuple(sums_of(arrays) if there else None for there in has_sums)
    n_tables = len(Paired._fields)
    pairs = tuple(Paired(*islice(arrays, n_tables)) if there else None for there in has_pair)
    return Result(sums, pairs)


RESULTS: Codec[Result] = Codec(_payload, _result)


class Meeting:
    """Replications of the variants, simulated when they are asked for.

    Parameters
    ----------
    variants, measures, seed
        As `compare` has them.
    engine
        That of `compiling.ready_engine`.
    workers, tell, keeping
        As `compare` has them.
    """

    def __init__(
        self,
        variants: Sequence[Variant],
        measures: Sequence[Wanted],
        seed: int,
        engine: str,
        workers: Workers | int | None,
        tell: Callable[[Progress], None],
        keeping: Keeping | None = None,
    ) -> None:
        self.variants, self.measures = tuple(variants), measures
        self.seed, self.engine = seed, engine
        self._workers, self._tell, self._keeping = workers, tell, keeping
        self.results: list[Result] = []
        self._known: dict[tuple[int, int], dict[str, Estimate]] = {}

    def simulate(self, n: int, still_in: Sequence[int] | None = None) -> None:
        """Go on to replication ``n`` with the variants of these numbers (by default with all)."""
        numbers = tuple(range(len(self.variants)) if still_in is None else still_in)
        one = partial(_one, self.engine, self.variants, numbers, self.seed)
        part = "+".join(str(number) for number in numbers)  # who has dropped out is in no later result
        self.results += results_of_replications(
            one,
            n,
            sum(expected_issues(self.variants[k].model) for k in numbers),
            self.engine,
            self._workers,
            self._tell,
            first=len(self.results),
            codec=RESULTS,
            kept=self._keeping.kept(RESULTS, part) if self._keeping else None,
        )

    def sums(self, number: int) -> list[Sums]:
        """Of all replications of a variant."""
        return [own for result in self.results if (own := result.sums[number]) is not None]

    def replications(self, number: int) -> int:
        """How many a variant has."""
        return len(self.sums(number))

    def shared(self, number: int) -> int:
        """How many a variant has that the first has too."""
        return min(self.replications(0), self.replications(number))

    def affordable(self, still_in: Sequence[int]) -> int:
        """The replication up to which the rest of the budget lasts if these variants go on."""
        done = [self.replications(number) for number in range(len(self.variants))]
        return left_over(self.variants, done, still_in)

    def estimates(self, number: int, n: int) -> dict[str, Estimate]:
        """All measures of a variant by its first ``n`` replications."""
        if (number, n) not in self._known:
            of, paths = self.variants[number], [measure.path for measure in self.measures]
            self._known[number, n] = estimates(self.sums(number)[:n], of.model, of.labels, paths)
        return self._known[number, n]


def _one(
    engine: str,
    variants: Sequence[Variant],
    still_in: Sequence[int],
    seed: int,
    replication: int,
    tell: Callable[[float], None],
) -> Result:
    """One replication of the variants that are still in."""
    sums: list[Sums | None] = [None] * len(variants)
    pairs: list[Paired | None] = [None] * (len(variants) - 1)
    are_kept = all(expected_issues(variant.model) <= _MOST_CUSTOMERS for variant in variants)
    first: Customers | None = None  # of the others, one at a time: a large day has millions
    for done, number in enumerate(still_in):
        variant = variants[number]
        customers = Customers(variant.model) if are_kept else None
        sums[number] = replicate(
            engine,
            variant.model,
            Reduction(variant.model, variant.labels),
            seed,
            replication,
            partial(_part, tell, done, len(still_in)),
            _nothing if customers is None else customers.add,
        )
        if number == 0:
            first = customers
        elif first is not None and customers is not None:
            pairs[number - 1] = paired(variants[0].model, first, customers)
    return Result(tuple(sums), tuple(pairs))


def _nothing(_: Chunk) -> None:
    """What is done with records that nobody wants."""


def _part(tell: Callable[[float], None], done: int, of: int, share: float) -> None:
    tell((done + share) / of)
