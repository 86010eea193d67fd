-- Made by `nanoclaw verify` and erased after it, with everything that was said in it.
ALTER TABLE groups ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0 CHECK (temporary IN (0, 1));
