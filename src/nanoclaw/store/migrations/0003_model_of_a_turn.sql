-- The model that wrote the answer; empty for turns that came to none, and for those before this column.
ALTER TABLE turns ADD COLUMN model TEXT NOT NULL DEFAULT '';
