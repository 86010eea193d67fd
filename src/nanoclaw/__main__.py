"""``python -m nanoclaw`` is the command ``nanoclaw``."""

import sys

from nanoclaw.cli.main import main

sys.exit(main())
