"""What awscreds costs, beside other tools: ``python -m tests.benchmarks`` (``--help``).

Read in this order:

- ``measure``: a row of the table, and how it is measured; ``launcher`` starts each process.
- ``figures``: medians, spreads and the exponent of growth. ``goals``: what is to be reached.
- The rows: ``starts``, ``lines`` (what SDKs start), ``files`` (what reads and writes profiles),
  ``sessions``, ``callers`` (many at once), ``rotations``, ``tabs`` (completion), ``readings``.
- What they need: ``homes``, ``endpoint`` (counts calls), ``peers`` (the other tools).
- ``report`` (table and JSON), ``chart`` (SVG). ``tests/docs/benchmarks_page.py`` makes the page.

``rotation_matrix.py`` is no benchmark: it tries every failure of a rotation.
"""
