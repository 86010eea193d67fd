"""Usage and budgets: the operations, and what each answers."""

from nanoclaw.control.route import Route

USAGE_ROUTES: tuple[Route, ...] = ()
