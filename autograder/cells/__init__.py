"""What Jupyter gives a cell, in the worker: IPython's syntax and ``get_ipython()``, and stand-ins for what grading lacks.

``code`` runs a cell, ``shell`` is what ``get_ipython()`` returns, ``standins`` holds the modules, files and keyboard that are
not there. Nothing here is trusted by the grader: it lives in the process of the student's code.
"""
