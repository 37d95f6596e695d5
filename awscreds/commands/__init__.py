"""Commands: parse, call a workflow, render. One file per noun a user types."""
