"""A browser that somebody started: ``opened.py FILE PAGE`` writes what it shows at last to FILE.

``FILE.argv`` has what it was started with.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from awscreds.sandbox.browser import Browser

target, page = sys.argv[1:]
browser = Browser()
browser.open(page)
Path(f"{target}.argv").write_text(page, encoding="utf-8")
Path(target).write_text(browser.page, encoding="utf-8")
