-- Whether the owner knows of a run that was missed or failed. It is told after the run was written down, maybe by the
-- daemon that follows.
ALTER TABLE runs ADD COLUMN told INTEGER NOT NULL DEFAULT 1 CHECK (told IN (0, 1));
CREATE INDEX runs_untold ON runs (id) WHERE told = 0;
