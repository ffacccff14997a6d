"""A bug in a handler is told and survived: the request gets an error for an answer, the server lives on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError

#: Errors of one handler that are shown in a window; all of them stand in the log.
_SHOWN = 1


class Guard:
    """Counts what went wrong, and tells it.

    Attributes:
        failures: errors so far, by method.
    """

    def __init__(
        self, log: Callable[[types.LogMessageParams], None], show: Callable[[types.ShowMessageParams], None]
    ):
        self._log, self._show = log, show
        self.failures: dict[str, int] = {}

    def note(self, method: str, error: BaseException) -> JsonRpcInternalError:
        """Tells an error; gives the answer to the request that ran into it."""
        count = self.failures[method] = self.failures.get(method, 0) + 1
        what = f"{type(error).__name__}: {error}"
        told = "".join(traceback.format_exception(error))
        self._log(types.LogMessageParams(types.MessageType.Error, f"{method} failed\n{told}"))
        if count <= _SHOWN:
            words = f"recipedsl: a bug in {method} ({what}); the log has more, everything else goes on"
            self._show(types.ShowMessageParams(types.MessageType.Error, words))
        return JsonRpcInternalError(message=f"{method} failed: {what}")

    def tell(self, words: str, *, in_window: bool = False) -> None:
        """Tells what the client did wrong; in a window where nothing goes on after it."""
        self._log(types.LogMessageParams(types.MessageType.Warning, words))
        if in_window:
            self._show(types.ShowMessageParams(types.MessageType.Error, f"recipedsl: {words}"))

    def survive(self, method: str, action: Callable[[], Any]) -> Any:
        """The result of an action that nobody waits for; None where it failed."""
        try:
            return action()
        except Exception as error:
            self.note(method, error)
            return None

    def run(self, method: str, action: Callable[[], Any]) -> Any:
        """The result of an action.

        Raises:
            JsonRpcException: the error that answers the request.
        """
        try:
            return action()
        except JsonRpcException:
            raise
        except RecursionError as error:
            raise self.note(method, error.with_traceback(None)) from None
        except Exception as error:
            raise self.note(method, error) from None
