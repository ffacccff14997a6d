"""Lints that no rule of `lint` finds: of the edition, of comments that allow, of a project's settings."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.diagnostics.code import Code, Severity


class UnknownEdition(Code):
    """An edition that this version does not know.

    What: The number behind `ftr` on the first line is another than this version reads.

    Why: What the recipe means could be something else than what this version reads.

    Bad:

        ftr 2

    Good:

        ftr 1
    """

    code: ClassVar[str] = "L105"
    name: ClassVar[str] = "unknown-edition"
    severity: ClassVar[Severity] = Severity.ERROR


class SettingsUnreadable(Code):
    """Settings of the project that cannot be read.

    What: `recipedsl.toml`, or `pyproject.toml` with a table `[tool.recipedsl]`, is no TOML.

    Why: Checking without them would report what was to be ignored.

    Bad:

        ignore = [L103]

    Good:

        ignore = ["L103"]
    """

    code: ClassVar[str] = "L180"
    name: ClassVar[str] = "settings-unreadable"
    severity: ClassVar[Severity] = Severity.ERROR


class UnknownProjectSetting(Code):
    """A setting of the project that does not exist.

    What: `[tool.recipedsl]` of pyproject.toml, or recipedsl.toml, has a key that is not known.

    Why: A misspelt key is a setting that is not in force, and nothing else would tell.

    Bad:

        [tool.recipedsl]
        exclud = ["old"]

    Good:

        [tool.recipedsl]
        exclude = ["old"]
    """

    code: ClassVar[str] = "L181"
    name: ClassVar[str] = "unknown-project-setting"
    severity: ClassVar[Severity] = Severity.ERROR


class WrongProjectSetting(Code):
    """A setting of the project with a value of another type, or with a code that does not exist.

    What: `select`, `ignore` and `exclude` are lists of texts, `per-file-ignores` is a table of such lists.

    Why: A value that cannot be understood is a setting that is not in force.

    Bad:

        ignore = "L103"

    Good:

        ignore = ["L103"]
    """

    code: ClassVar[str] = "L182"
    name: ClassVar[str] = "wrong-project-setting"
    severity: ClassVar[Severity] = Severity.ERROR


class AllowWithoutReason(Code):
    """A comment that allows something and does not say why.

    What: Nothing stands behind `# ftr: allow(…)`. It is in force all the same.

    Why: Whoever reads it next has to find out anew whether it still holds.

    Bad:

        from = hub("owner/model")  # ftr: allow(L104)

    Good:

        from = hub("owner/model")  # ftr: allow(L104) our own repository, never rewritten
    """

    code: ClassVar[str] = "L190"
    name: ClassVar[str] = "allow-without-reason"
    severity: ClassVar[Severity] = Severity.WARNING


class UnusedAllow(Code):
    """A comment that allows what does not occur.

    What: The line, or the declaration below the comment, has no such problem any more.

    Why: It would hide the next one.

    Bad:

        seed = 17  # ftr: allow(L103) on purpose

    Good:

        seed = 17
    """

    code: ClassVar[str] = "L191"
    name: ClassVar[str] = "unused-allow"
    severity: ClassVar[Severity] = Severity.WARNING


class AllowedError(Code):
    """A comment that allows an error.

    What: The comment names a code that is an error, or the name of one.

    Why: Lints are fine to run and likely not meant; an error means nothing, and no comment gives it one.

    Bad:

        where langauge == "en"  # ftr: allow(D201) it is spelled so

    Good:

        where language == "en"
    """

    code: ClassVar[str] = "L192"
    name: ClassVar[str] = "allowed-error"
    severity: ClassVar[Severity] = Severity.WARNING


class UnknownAllow(Code):
    """A comment to recipedsl that it does not understand.

    What: The code or name does not exist, or the form is another one than `# ftr: allow(L104) reason`.

    Why: Whoever wrote it believes that it is in force.

    Bad:

        # ftr: allow(unpined-revision) our own

    Good:

        # ftr: allow(unpinned-revision) our own
    """

    code: ClassVar[str] = "L193"
    name: ClassVar[str] = "unknown-allow"
    severity: ClassVar[Severity] = Severity.WARNING


CODES: tuple[type[Code], ...] = (
    UnknownEdition,
    SettingsUnreadable,
    UnknownProjectSetting,
    WrongProjectSetting,
    AllowWithoutReason,
    UnusedAllow,
    AllowedError,
    UnknownAllow,
)
