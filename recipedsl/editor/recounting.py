"""When rows are counted: once a recipe rests whose hints somebody looks at, one recipe at a time.

Nobody waits for a count. What is known is shown at once, and hints are asked for anew when there is more.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.counting import Counting
from recipedsl.editor.counts import Identities, keep_counts
from recipedsl.editor.facts import LookAt

if TYPE_CHECKING:
    from recipedsl.editor.server import RecipeServer

#: Seconds without an edit after which rows are counted.
_REST = 0.7


class Recounter:
    """Has rows counted, and says when there are more counts than before."""

    def __init__(self, server: RecipeServer) -> None:
        self._server = server
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._resting: dict[str, None] = {}
        self._asked: set[str] = set()
        self._tried: dict[str, tuple[int, frozenset[str]]] = {}
        self._current: tuple[str, Counting] | None = None
        self._work: asyncio.Task[None] | None = None

    def wanted(self, uri: str) -> None:
        """Somebody looks at what counts of a document would show: it is counted when it has come to rest."""
        document = self._server.recipes.documents.get(uri)
        if document is None or document.file is None or not self._server.recipes.world.counter:
            return
        self._asked.add(uri)
        self._stop(uri)
        loop = asyncio.get_running_loop()
        self._timers[uri] = loop.call_later(_REST, partial(self._rests, uri))

    def files_known(self) -> None:
        """Files were looked at: what could not be counted without that may be now."""
        for uri in self._asked:
            self.wanted(uri)

    def files_changed(self) -> None:
        """Files may hold other rows now: what was counted is counted again."""
        for uri in self._asked:
            analysis = self._server.recipes.analysis(uri)
            if analysis is not None:
                analysis.facts.memory.counts.age += 1
        self.files_known()

    def closed(self, uri: str) -> None:
        """Nobody looks any more."""
        self._asked.discard(uri)
        self._tried.pop(uri, None)
        self._stop(uri)

    def end(self) -> None:
        """The client has gone."""
        for uri in list(self._timers):
            self._stop(uri)
        self._resting.clear()
        if self._current is not None:
            self._current[1].end()

    # --- counting -----------------------------------------------------------------------------------------

    def _rests(self, uri: str) -> None:
        self._timers.pop(uri, None)
        analysis = self._server.guard.survive("counting rows", partial(self._countable, uri))
        if analysis is None:
            return
        self._resting[uri] = None
        if self._current is not None and self._current[0] == uri:
            self._current[1].end()  # it counts what is no longer written
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._count_all())

    def _countable(self, uri: str) -> Analysis | None:
        """The recipe, if it can be counted and there is more to know; counted is each version once."""
        analysis = self._server.recipes.analysis(uri)
        if analysis is None or analysis.is_guess or any(each.is_error for each in analysis.problems):
            return None
        if any(isinstance(each, LookAt) for each in analysis.facts.unanswered):
            return None  # it is wanted again once that is known
        counts = analysis.facts.memory.counts
        tried = counts.age, counts.wanting(Identities(analysis).all())
        if not tried[1] or self._tried.get(uri) == tried:
            return None
        self._tried[uri] = tried
        return analysis

    async def _count_all(self) -> None:
        while self._resting:
            uri = next(iter(self._resting))
            del self._resting[uri]
            analysis = self._server.recipes.analysis(uri)
            if analysis is None:
                continue
            try:
                if await self._count(uri, analysis):
                    self._server.refresh_hints()
            except Exception as error:
                self._server.guard.note("counting rows", error)

    async def _count(self, uri: str, analysis: Analysis) -> bool:
        """Whether there is anything new."""
        document = analysis.document
        counting = Counting(self._server.recipes.world.counter, document.root)
        self._current = uri, counting
        try:
            found = await counting.count(document.path, document.text)
        finally:
            self._current = None
        return keep_counts(analysis, found["lines"])

    def _stop(self, uri: str) -> None:
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
