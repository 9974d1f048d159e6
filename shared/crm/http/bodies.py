"""Models that every route shares: request bodies, answers, problems, links to files."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A request body: no unknown field, no value of another type turned into the right one.

    Models are built when they are first used: a function serves one route of a cold start.
    """

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Answer(BaseModel):
    """A response body."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class FieldProblem(Answer):
    """One field that was refused, and what it would have taken."""

    field: str
    code: str
    message: str


class ProblemAnswer(BaseModel):
    """A failure, as RFC 9457 spells it; `detail` and `errors` are in the caller's language."""

    type: str = Field(examples=["https://khach-quen.vn/problems/invalid"])
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem]


class HealthAnswer(Answer):
    """The service answers."""

    status: Literal["ok"]


class FailureAnswer(Answer):
    """Why an import failed, and what to do."""

    code: str
    detail: str


class FileLinkAnswer(Answer):
    """An address that gives a file to anyone who has it, until it expires."""

    url: str
    file_name: str
    expires_at: str
