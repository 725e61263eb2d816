"""The command line as a module: `python -m understudy https://api.example.com`."""

from __future__ import annotations

import sys

from .client.cli import main

sys.exit(main())
