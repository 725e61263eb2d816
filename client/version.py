"""What this distribution is called."""

from __future__ import annotations

__title__ = "understudy"
__description__ = "An HTTP client whose every request goes through a transport that can be replaced."
__version__ = "0.1.0"
