"""The sandbox's browser, as a module and as a script."""

import runpy

from awscreds.sandbox.browser import Browser

__all__ = ["Browser"]

if __name__ == "__main__":
    runpy.run_module("awscreds.sandbox.browser", run_name="__main__")
