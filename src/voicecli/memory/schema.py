"""The schema of the history, as numbered migrations. docs/history.md draws it.

Migrations are never changed, because files of every version exist. A change of the schema is a new migration at the end. The `user_version`
of a file is the number of migrations that were applied to it.
"""

from __future__ import annotations

from typing import Final

_CONVERSATIONS: Final = """
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,            -- never used again
    began_ms INTEGER NOT NULL,                       -- Unix time of the first question
    ended_ms INTEGER NOT NULL,                       -- Unix time of the last change
    utc_offset_s INTEGER NOT NULL,                   -- offset of the user's clock when it began, for its day
    title TEXT NOT NULL DEFAULT '',
    titled_turns INTEGER NOT NULL DEFAULT 0,         -- number of turns when a model made the title; 0: made from the first question
    persona TEXT NOT NULL DEFAULT '',
    models TEXT NOT NULL DEFAULT '{}',               -- JSON: kind to name of the models used last
    sittings INTEGER NOT NULL DEFAULT 1              -- number of sessions
);
CREATE INDEX conversations_by_end ON conversations (ended_ms);

CREATE TABLE turns (
    id INTEGER PRIMARY KEY,                          -- the order of turns within a conversation
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    sitting INTEGER NOT NULL,
    asked_ms INTEGER NOT NULL,                       -- Unix time
    question TEXT NOT NULL,
    answer TEXT NOT NULL DEFAULT '',                 -- the part that was heard, or shown where nothing is spoken
    cut INTEGER NOT NULL DEFAULT 0,                  -- 1: the answer was stopped before its end
    dropped INTEGER NOT NULL DEFAULT 0,              -- 1: nothing of the answer was heard; the question is not in the model's context
    typed INTEGER NOT NULL DEFAULT 0,
    language TEXT NOT NULL DEFAULT '',               -- of the question, ISO 639-1
    question_from_ms REAL,                           -- times in ms since the start of the session
    question_to_ms REAL,
    answer_from_ms REAL,
    answer_to_ms REAL,
    word_times TEXT NOT NULL DEFAULT ''              -- JSON: [from_ms, start, end] of each word that was heard; offsets into answer
);
CREATE INDEX turns_by_conversation ON turns (conversation, id);

-- Trigrams find parts of words, and words in languages without spaces.
CREATE VIRTUAL TABLE words USING fts5 (question, answer, content = 'turns', content_rowid = 'id', tokenize = 'trigram');

CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
    INSERT INTO words (rowid, question, answer) VALUES (new.id, new.question, new.answer);
END;
CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
    INSERT INTO words (words, rowid, question, answer) VALUES ('delete', old.id, old.question, old.answer);
END;
CREATE TRIGGER turns_changed AFTER UPDATE OF question, answer ON turns BEGIN
    INSERT INTO words (words, rowid, question, answer) VALUES ('delete', old.id, old.question, old.answer);
    INSERT INTO words (rowid, question, answer) VALUES (new.id, new.question, new.answer);
END;
"""

_SESSIONS: Final = """
ALTER TABLE conversations RENAME COLUMN sittings TO sessions;
ALTER TABLE turns RENAME COLUMN sitting TO session;
"""

_FACTS: Final = """
CREATE TABLE facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,                              -- in the person's own words
    added_ms INTEGER NOT NULL                        -- Unix time
);
"""

_NOTES: Final = """
CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,                              -- as it was dictated
    added_ms INTEGER NOT NULL                        -- Unix time
);
"""

_TIMERS: Final = """
CREATE TABLE timers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    seconds INTEGER NOT NULL,                        -- how long it was set for
    over_ms INTEGER NOT NULL,                        -- Unix time at which it ends
    name TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',                   -- what to remind of; empty for a timer
    language TEXT NOT NULL DEFAULT 'en',             -- of its announcement
    owner TEXT NOT NULL                              -- the process whose session waits for it: its number and start time
);
"""

_CALLS: Final = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,                          -- the order of the calls of a turn
    turn INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,                         -- a JSON object
    outcome TEXT NOT NULL,                           -- done, failed or asked
    result TEXT NOT NULL,
    took_ms REAL NOT NULL
);
CREATE INDEX calls_by_turn ON calls (turn, id);
"""

MIGRATIONS: Final = (_CONVERSATIONS, _SESSIONS, _FACTS, _NOTES, _TIMERS, _CALLS)
"""Each migration takes a file from one version to the next; the first one starts with an empty file, version 0."""

VERSION: Final = len(MIGRATIONS)
