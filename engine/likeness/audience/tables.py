"""The tables of an evening, as typed classes. Times are seconds since 1970, in UTC."""

from sqlalchemy import Enum, ForeignKey, Index, LargeBinary, String, Text, false, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from likeness.audience.states import State

_STATE = Enum(State, native_enum=False, length=16, values_callable=lambda states: [state.value for state in states])


class Base(DeclarativeBase):
    """What the tables have in common: their list, which migrations are compared with."""


class Night(Base):
    """The settings of the evening: one row, which every process reads."""

    __tablename__ = "night"

    id: Mapped[int] = mapped_column(primary_key=True)
    # With it on, nobody is shown whom the operator has not approved.
    moderation: Mapped[bool] = mapped_column(server_default=true())
    # No photo is taken in.
    paused: Mapped[bool]
    # A show takes visitors, so that nobody is done before they were on the stage.
    stage: Mapped[bool]
    capacity: Mapped[int]
    device_quota: Mapped[int]
    # From the photo to the hour at which all of it is deleted.
    keep_s: Mapped[float]
    # No photo is taken in from this hour on; None for the whole night.
    until: Mapped[float | None] = mapped_column(default=None)
    # Nobody sees films before `reveal_at`, or before the operator opens them at `revealed_at`.
    reveal: Mapped[bool] = mapped_column(default=False, server_default=false())
    reveal_at: Mapped[float | None] = mapped_column(default=None)
    revealed_at: Mapped[float | None] = mapped_column(default=None)
    # Nobody sees anybody else: no stage.
    drop_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Of cookies and codes; so a restart keeps the visitors' pages and the operator's link.
    secret: Mapped[bytes] = mapped_column(LargeBinary)


class Visitor(Base):
    """Somebody who sent a photo. What tells who it was is emptied at the deletion; the number stays, and its state."""

    __tablename__ = "visitors"

    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[State] = mapped_column(_STATE)
    reason: Mapped[str] = mapped_column(String(32), default="")
    # The visitor's address holds the key; only its SHA-256 is kept.
    key_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    device: Mapped[str | None] = mapped_column(String(64), index=True)
    language: Mapped[str] = mapped_column(String(2))
    stage_consent: Mapped[bool]
    # As they wish it to be shown on the stage; "" for none.
    stage_name: Mapped[str] = mapped_column(String(24), default="", server_default="")
    # Names in the store; "" once they are deleted.
    photo: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[float]
    changed_at: Mapped[float]
    delete_at: Mapped[float] = mapped_column(index=True)
    # When the operator said yes; None without, or after they have taken it back.
    approved_at: Mapped[float | None] = mapped_column(default=None)
    hurried_at: Mapped[float | None] = mapped_column(default=None)
    films_at: Mapped[float | None] = mapped_column(default=None)
    staged_at: Mapped[float | None] = mapped_column(default=None)
    # Whom they resemble most and least, in words.
    nearest: Mapped[str] = mapped_column(Text, default="")
    farthest: Mapped[str] = mapped_column(Text, default="")
    # How likely the photo shows nudity, in [0, 1]; None where nobody could say. It sorts the operator's grid.
    nudity: Mapped[float | None] = mapped_column(default=None)
    # "", "waiting", "sent" or "failed".
    mail: Mapped[str] = mapped_column(String(16), default="", server_default="")
    # SHA-256 of the code by which another visitor becomes a pair with this one; None where they have not offered it.
    pair_hash: Mapped[str | None] = mapped_column(String(64), index=True, default=None)
    # The claim of a worker, and that of the stage: a random token and the time until which it holds.
    work_token: Mapped[str | None] = mapped_column(String(32), default=None)
    work_until: Mapped[float | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    stage_token: Mapped[str | None] = mapped_column(String(32), default=None)
    stage_until: Mapped[float | None] = mapped_column(default=None)

    __table_args__ = (Index("visitors_by_state", "state", "number"),)


class Consent(Base):
    """What a visitor agreed to, and when. It outlives the deletion: without the visitor's row it says of nobody."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    visitor: Mapped[int] = mapped_column(ForeignKey("visitors.number"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(ForeignKey("consent_texts.version"))
    agreed_at: Mapped[float]


class ConsentText(Base):
    """A text that somebody agreed to, word by word, under the hash of it."""

    __tablename__ = "consent_texts"

    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    text: Mapped[str] = mapped_column(Text)


class Result(Base):
    """A film or picture that was made of a visitor."""

    __tablename__ = "results"

    id: Mapped[int] = mapped_column(primary_key=True)
    visitor: Mapped[int] = mapped_column(ForeignKey("visitors.number"), index=True)
    # "good-news.mp4": what it is called in addresses and downloads.
    name: Mapped[str] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(String(64))


class Pair(Base):
    """Two visitors who both agreed to see the children that they would have."""

    __tablename__ = "pairs"

    number: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(ForeignKey("visitors.number"), index=True)
    second: Mapped[int] = mapped_column(ForeignKey("visitors.number"), index=True)
    joined_at: Mapped[float]
    # Name in the store; "" until it is made.
    film: Mapped[str] = mapped_column(String(64), default="")
    # No children can be drawn of these two.
    failed: Mapped[bool] = mapped_column(default=False)
    work_token: Mapped[str | None] = mapped_column(String(32), default=None)
    work_until: Mapped[float | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)


class Decision(Base):
    """What the operator decided of a visitor; those of one press have one batch, and are undone together."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch: Mapped[int] = mapped_column(index=True)
    visitor: Mapped[int] = mapped_column(ForeignKey("visitors.number"), index=True)
    approved: Mapped[bool]
    at: Mapped[float]


class Ban(Base):
    """A device from which nothing is taken."""

    __tablename__ = "bans"

    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    batch: Mapped[int]


class WorkerHere(Base):
    """A worker that is there, by its own word at `seen_at`."""

    __tablename__ = "workers"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    # It works, and no longer opens its weights and models.
    ready: Mapped[bool]
    seen_at: Mapped[float]


class Mail(Base):
    """A mail that waits: its row, and the address with it, goes once it was sent or given up."""

    __tablename__ = "mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    visitor: Mapped[int] = mapped_column(ForeignKey("visitors.number"), unique=True)
    address: Mapped[str] = mapped_column(Text)
    # Of the visitor's page, which holds its key.
    link: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[float]
