"""Facts that answer at once: from memory, or not yet. What is not known is looked up behind the scenes.

Nothing here touches a file while somebody types: a pipe that nobody writes to, or a disk that hangs, keeps a
thread of the look-ups waiting and nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from recipedsl.editor.counts import Counts
from recipedsl.plan.facts import ColumnSeen, Device, Facts, FileRows, HubRows, Look, Missing, ModelFacts

if TYPE_CHECKING:
    from recipedsl.plan.model import ModelSource


class Around(Protocol):
    """What only somebody who looks at a recipe asks of a project's files; nothing is raised."""

    def peek(self, source: FileRows | HubRows) -> dict[str, ColumnSeen]:
        """The columns of the first rows of a source, by name."""
        ...

    def files_in(self, folder: str) -> tuple[tuple[str, bool], ...]:
        """Names in a folder, relative to the root, and whether each is a folder."""
        ...

    def commit(self, kind: str, name: str, revision: str) -> str:
        """The commit of a repository of the hub that is at hand; empty where there is none.

        Args:
            kind: `models` or `datasets`.
            name: of the repository.
            revision: a branch or tag; empty for the main one.
        """
        ...


@dataclass(frozen=True, slots=True)
class LookAt:
    """What do the rows of a source look like?"""

    source: FileRows | HubRows

    def ask(self, facts: Facts, _: Around) -> Look | None:
        return facts.look(self.source)


@dataclass(frozen=True, slots=True)
class PeekAt:
    """What do the first rows of a source hold?"""

    source: FileRows | HubRows

    def ask(self, _: Facts, around: Around) -> dict[str, ColumnSeen]:
        return around.peek(self.source)


@dataclass(frozen=True, slots=True)
class TextOf:
    """What does this small file hold?"""

    path: str

    def ask(self, facts: Facts, _: Around) -> str | None:
        return facts.read_text(self.path)


@dataclass(frozen=True, slots=True)
class WhyMissing:
    """Why can this file or folder not be used?"""

    path: str
    folder: bool

    def ask(self, facts: Facts, _: Around) -> Missing | None:
        return facts.missing(self.path, folder=self.folder)


@dataclass(frozen=True, slots=True)
class FilesIn:
    """What lies in a folder of the project?"""

    folder: str

    def ask(self, _: Facts, around: Around) -> tuple[tuple[str, bool], ...]:
        return around.files_in(self.folder)


@dataclass(frozen=True, slots=True)
class CommitOf:
    """Which commit of a repository of the hub is at hand?"""

    kind: str
    name: str
    revision: str

    def ask(self, _: Facts, around: Around) -> str:
        return around.commit(self.kind, self.name, self.revision)


Question = CommitOf | FilesIn | LookAt | PeekAt | TextOf | WhyMissing

#: The answer while nobody has looked.
UNKNOWN = object()


@dataclass
class Memory:
    """Answers about one project, as they were when somebody looked last.

    Attributes:
        answers: by question.
        counts: rows and layouts that were counted; no answers, as nothing but what is shown hangs on them.
    """

    answers: dict[Question, Any] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)

    def keep(self, question: Question, answer: Any) -> bool:
        """Remember an answer; whether it is another one than before."""
        if question in self.answers and self.answers[question] == answer:
            return False
        self.answers[question] = answer
        return True


@dataclass
class RememberedFacts:
    """Facts for one analysis; it notes what was asked, and what nobody has answered yet.

    Attributes:
        memory: of the project.
        opened: texts of the project's open documents, by path: they come before the files.
        asked: everything of the files that the analysis depends on, with what was answered.
        overlaid: the open texts that it depends on; None where a path was asked for and is not open.
    """

    memory: Memory
    opened: Callable[[str], str | None]
    asked: dict[Question, Any] = field(default_factory=dict)
    overlaid: dict[str, str | None] = field(default_factory=dict)

    @property
    def unanswered(self) -> list[Question]:
        """What was asked and is not known yet."""
        return [question for question, answer in self.asked.items() if answer is UNKNOWN]

    @property
    def is_fresh(self) -> bool:
        """Whether everything would be answered in the same way now."""
        known = self.memory.answers
        return all(known.get(question, UNKNOWN) is answer for question, answer in self.asked.items()) and all(
            self.opened(path) == text for path, text in self.overlaid.items()
        )

    def _answer(self, question: Question) -> Any:
        found = self.asked[question] = self.memory.answers.get(question, UNKNOWN)
        return None if found is UNKNOWN else found

    def _open_text(self, path: str) -> str | None:
        text = self.overlaid[path] = self.opened(path)
        return text

    def look(self, source: FileRows | HubRows) -> Look | None:
        """What the last look showed."""
        found: Look | None = self._answer(LookAt(source))
        return found

    def peek(self, source: FileRows | HubRows) -> dict[str, ColumnSeen]:
        """The columns of the first rows of a source; nothing while nobody has looked."""
        return self._answer(PeekAt(source)) or {}

    def files_in(self, folder: str) -> tuple[tuple[str, bool], ...]:
        """Names in a folder, and whether each is a folder; nothing while nobody has looked."""
        return self._answer(FilesIn(folder)) or ()

    def read_text(self, path: str) -> str | None:
        """Text of a small file, as it stands in the editor where it is open."""
        text = self._open_text(path)
        if text is not None:
            return text
        found: str | None = self._answer(TextOf(path))
        return found

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:
        """Why a file or folder cannot be used; None while nobody knows."""
        if not folder and self._open_text(path) is not None:
            return None
        found: Missing | None = self._answer(WhyMissing(path, folder))
        return found

    def digest(self, path: str) -> str:  # noqa: ARG002 - the protocol's signature
        """Nothing here is hashed."""
        return ""

    def model(self, source: ModelSource) -> ModelFacts:  # noqa: ARG002 - the protocol's signature
        """Models are looked at by `plan`."""
        return ModelFacts(problem="not looked at")

    def device(self) -> Device:
        """As is the machine."""
        return Device()


# --- looking things up ------------------------------------------------------------------------------

#: Threads that look things up: as many may hang before nothing new is learnt.
_THREADS = 4


class LookUps:
    """Answers jobs on threads of its own, which end with the process whatever they wait for."""

    def __init__(self, threads: int = _THREADS) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._waiting: set[Any] = set()
        self._lock = threading.Lock()
        self._threads = threads
        self._started = 0

    def ask(self, key: Any, job: Callable[[], Any], tell: Callable[[Any], None]) -> bool:
        """Do a job and tell its result, on another thread; False where the same one is under way.

        A job that fails is told as None.
        """
        with self._lock:
            if key in self._waiting:
                return False
            self._waiting.add(key)
            if self._started < self._threads:
                self._started += 1
                threading.Thread(target=self._work, name="look-up", daemon=True).start()
        self._jobs.put(lambda: self._do(key, job, tell))
        return True

    def end(self) -> None:
        """Ends the threads once they have done what was asked for before; nothing may be asked afterwards."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _do(self, key: Any, job: Callable[[], Any], tell: Callable[[Any], None]) -> None:
        try:
            result = job()
        except Exception as error:  # a look-up that fails must not end the others
            result = error
        with self._lock:
            self._waiting.discard(key)
        tell(result)
