"""Make links in the place of results.json, or links to it in places that can be written to."""

CELL = '''
import os
results = TARGETS["results"]
attempt("symlink over", os.symlink, "/dev/null", results)
attempt("symlink beside", os.symlink, "/dev/null", os.path.join(os.path.dirname(results), "other"))
attempt("symlink to", os.symlink, results, "/tmp/results")
attempt("symlink in drop", os.symlink, results, os.path.join(TARGETS["drop"], "results"))
attempt("hard link to", os.link, results, os.path.join(TARGETS["drop"], "results"))
attempt("hard link to metadata", os.link, TARGETS["metadata"], os.path.join(TARGETS["drop"], "metadata"))
attempt("named pipe", os.mkfifo, os.path.join(TARGETS["drop"], "pipe"))
attempt("device", os.mknod, os.path.join(TARGETS["drop"], "device"), 0o020666, os.makedev(1, 3))
'''
NO = "PermissionError (1|13)|FileNotFoundError 2"
ATTEMPTS = dict.fromkeys(["symlink over", "symlink beside", "symlink to", "symlink in drop", "hard link to",
                          "hard link to metadata", "named pipe", "device"], NO)
