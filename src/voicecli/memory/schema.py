"""The schema of the history, as numbered migrations. docs/history.md draws it.

A migration that has been released is never changed: files of that version exist. A change is a new migration at the end. The number of
migrations a file has been through is its `user_version`.
"""

from __future__ import annotations

from typing import Final

_CONVERSATIONS: Final = """
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,            -- never given again, so that a number that was noted means one conversation
    began_ms INTEGER NOT NULL,                       -- Unix time of the first question
    ended_ms INTEGER NOT NULL,                       -- Unix time of the last thing that happened in it
    utc_offset_s INTEGER NOT NULL,                   -- of the user's clock when it began: which day it was there
    title TEXT NOT NULL DEFAULT '',
    titled_turns INTEGER NOT NULL DEFAULT 0,         -- how many turns there were when a model made the title; 0 when none did
    persona TEXT NOT NULL DEFAULT '',
    models TEXT NOT NULL DEFAULT '{}',               -- JSON: kind to name, of those used last
    sittings INTEGER NOT NULL DEFAULT 1              -- how often it was begun or taken up again
);
CREATE INDEX conversations_by_end ON conversations (ended_ms);

CREATE TABLE turns (
    id INTEGER PRIMARY KEY,                          -- grows within a conversation: the order of its turns
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    sitting INTEGER NOT NULL,
    asked_ms INTEGER NOT NULL,                       -- Unix time
    question TEXT NOT NULL,
    answer TEXT NOT NULL DEFAULT '',                 -- as far as it was heard, or read where nothing is spoken
    cut INTEGER NOT NULL DEFAULT 0,                  -- 1: the answer was stopped before its end
    dropped INTEGER NOT NULL DEFAULT 0,              -- 1: nothing of its answer was heard, and the model knows nothing of the question
    typed INTEGER NOT NULL DEFAULT 0,
    language TEXT NOT NULL DEFAULT '',               -- of the question, ISO 639-1
    question_from_ms REAL,                           -- times in the sitting: since that began
    question_to_ms REAL,
    answer_from_ms REAL,
    answer_to_ms REAL,
    word_times TEXT NOT NULL DEFAULT ''              -- JSON: of each word that was heard [from_ms, start, end], offsets into answer
);
CREATE INDEX turns_by_conversation ON turns (conversation, id);

-- Trigrams find parts of words, and words in languages that write no spaces.
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

MIGRATIONS: Final = (_CONVERSATIONS,)
"""From version 0, an empty file, to the newest; each brings a file one version further."""

VERSION: Final = len(MIGRATIONS)
