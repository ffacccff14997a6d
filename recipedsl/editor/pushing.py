"""Problems sent as they are found: what the text alone says at once, what files say once they were looked at.

Typing never waits. Edits that arrive together are answered once; files are looked at on other threads, and
what that changes is sent when it is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.facts import LookUps, Question
from recipedsl.editor.features.diagnostics import problems_of
from recipedsl.editor.workspace import Project

if TYPE_CHECKING:
    from recipedsl.editor.server import RecipeServer

#: Seconds that edits are collected: messages that have arrived already are read before the first is answered.
_TOGETHER = 0.001

#: Seconds of rest after which files are looked at anew, and between two such looks.
_REST, _BETWEEN = 0.4, 3.0

#: Seconds after which a look is slow enough to be told of.
_SLOW = 1.0


class Pusher:
    """Sends problems, and looks at the files that they depend on."""

    def __init__(self, server: RecipeServer) -> None:
        self._server = server
        self._look_ups = LookUps()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sent: dict[str, tuple[int, list[types.Diagnostic]]] = {}
        self._under_way: set[tuple[Any, Question]] = set()
        self._looked = 0.0
        self._told_slow: str | None = None
        self._news = asyncio.Event()
        self.pulls = False
        self.sends_instead = False
        self._refreshes = False
        self._shows_progress = False

    def listen_to(self, capabilities: types.ClientCapabilities) -> None:
        """What the client can do: one that asks for problems is sent none, or it would show all twice.

        One that asks and cannot be told to ask anew (Neovim 0.10 and 0.11) would never see what is learnt of
        files: it is sent the problems, and told of none when it asks.
        """
        document, workspace, window = (
            capabilities.text_document, capabilities.workspace, capabilities.window
        )  # fmt: skip
        self.pulls = document is not None and document.diagnostic is not None
        pulled = workspace.diagnostics if workspace else None
        self._refreshes = bool(pulled and pulled.refresh_support)
        takes = document is not None and document.publish_diagnostics is not None
        self.sends_instead = self.pulls and takes and not self._refreshes
        self.pulls = self.pulls and not self.sends_instead
        self._shows_progress = bool(window and window.work_done_progress)

    def end(self) -> None:
        """The client has gone: nothing more is sent, and the threads end."""
        for key in list(self._timers):
            self._stop(key)
        self._look_ups.end()

    # --- documents ------------------------------------------------------------------------------------

    def changed(self, uri: str) -> None:
        """A document was opened or edited: its problems, and those of what imports it, are sent soon."""
        self._after(uri, _TOGETHER, partial(self._push, uri))
        self._after("rest", _REST, self._look_again_if_due)

    def closed(self, uri: str) -> None:
        """A document was closed: nothing is wrong with it any more."""
        self._stop(uri)
        if self._sent.pop(uri, None) is not None:
            self._publish(uri, None, [])
        self._push_others(uri)

    def look_again(self) -> None:
        """Files may have changed: everything that was asked is asked anew."""
        self._looked = asyncio.get_running_loop().time()
        for uri in list(self._server.recipes.documents):
            analysis = self._server.recipes.analysis(uri)
            if analysis is not None:
                self._ask(self._server.recipes.project(analysis.document.root), analysis.questions)

    def _look_again_if_due(self) -> None:
        if asyncio.get_running_loop().time() - self._looked >= _BETWEEN:
            self.look_again()

    # --- sending ----------------------------------------------------------------------------------------

    def _push(self, uri: str) -> None:
        self._server.guard.survive("diagnostics", partial(self._send, uri))
        self._push_others(uri)

    def _push_others(self, uri: str) -> None:
        """Documents whose meaning the change of another has changed."""
        for other in self._server.recipes.stale_documents(uri):
            self._server.guard.survive("diagnostics", partial(self._send, other))

    def _send(self, uri: str) -> None:
        recipes = self._server.recipes
        analysis = recipes.analysis(uri)
        if analysis is None:
            return
        if self.pulls:
            _ = analysis.questions  # what it asks of files is found out by analysing it
            self._refresh()
        else:
            sent = analysis.document.version, problems_of(recipes, analysis)
            if self._sent.get(uri) != sent:
                self._publish(uri, *sent)
            self._sent[uri] = sent
        self.ask_for(analysis)

    def _publish(self, uri: str, version: int | None, found: list[types.Diagnostic]) -> None:
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def _refresh(self) -> None:
        """Asks the client to ask anew; it does so after its own edits by itself."""
        if self._refreshes and self._has_news:
            self._server.workspace_diagnostic_refresh(None)
        self._has_news = False

    _has_news = False

    def ask_for(self, analysis: Analysis) -> None:
        """Look at the files that a document asks about and that nobody has looked at."""
        self._ask(self._server.recipes.project(analysis.document.root), analysis.facts.unanswered)

    # --- files --------------------------------------------------------------------------------------------

    def _ask(self, project: Project, questions: Iterable[Question]) -> None:
        loop = asyncio.get_running_loop()
        for question in questions:
            key = (project.root, question)

            def tell(answer: Any, key: Any = key) -> None:
                _soon(loop, partial(self._answered, project, key, answer))

            if self._look_ups.ask(key, partial(project.ask, question), tell):
                self._under_way.add(key)
        if self._under_way:
            self._after("slow", _SLOW, self._tell_slow)

    def _answered(self, project: Project, key: tuple[Any, Question], answer: Any) -> None:
        self._under_way.discard(key)
        if isinstance(answer, Exception):
            self._server.guard.note("looking at files", answer)
            answer = None
        if project.memory.keep(key[1], answer):
            self._after("answers", _TOGETHER, self._push_stale)
        self._news.set()
        if not self._under_way:
            self._stop("slow")
            self._end_slow()

    def _push_stale(self) -> None:
        self._has_news = True
        # A document that a request had analysed meanwhile is not stale, and its problems are not sent yet.
        for uri in list(self._server.recipes.documents):
            self._server.guard.survive("diagnostics", partial(self._send, uri))
        self._server.refresh_hints()
        self._server.recounter.files_known()

    async def wait_for_files(self, uri: str, patience: float) -> bool:
        """Looks up what a document asks of files and nobody knows; whether something was learnt in time.

        Args:
            uri: of the document.
            patience: seconds.
        """
        loop = asyncio.get_running_loop()
        until, learnt = loop.time() + patience, False
        while (left := until - loop.time()) > 0:
            analysis = self._server.recipes.analysis(uri)
            if analysis is None or not analysis.facts.unanswered:
                break
            self._news.clear()
            self.ask_for(analysis)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)
                learnt = True
        return learnt

    # --- slow files -----------------------------------------------------------------------------------------

    def _tell_slow(self) -> None:
        if not self._shows_progress or self._told_slow is not None or not self._under_way:
            return
        token = self._told_slow = f"look-{uuid4()}"
        begin = types.WorkDoneProgressBegin(title="recipedsl: looking at data files")

        def created(_: Any) -> None:
            if self._told_slow == token:
                self._server.work_done_progress.begin(token, begin)

        self._server.work_done_progress.create(token, created)

    def _end_slow(self) -> None:
        token, self._told_slow = self._told_slow, None
        if token is not None and token in self._server.work_done_progress.tokens:
            self._server.end_progress(token)

    # --- time -------------------------------------------------------------------------------------------

    def _after(self, key: str, seconds: float, action: Callable[[], None]) -> None:
        """Do something a while after this was said last."""
        self._stop(key)
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(seconds, self._server.guard.survive, key, action)

    def _stop(self, key: str) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()


def _soon(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """From another thread: an answer that comes when the server has gone is of no use to anybody."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)
