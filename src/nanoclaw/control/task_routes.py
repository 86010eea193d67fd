"""Scheduled tasks: the operations, and what each answers."""

from nanoclaw.control.route import Route

TASK_ROUTES: tuple[Route, ...] = ()
