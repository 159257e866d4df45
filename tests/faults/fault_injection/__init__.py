"""What an experiment does to a program from inside: an app beside the portal's, which only the tests' settings load.

``SABOTAGE`` is a JSON object: ``points`` (where to die or lie, and how often over all processes together), ``poison``
(a check's id and what happens to its worker), ``mutation`` (a safety taken out, to see the suite fail).
``SABOTAGE_FOLDER`` keeps what was done.
"""
