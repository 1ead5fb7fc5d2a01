"""Remove or rename results.json and its folder, and put something else in their place."""

CELL = '''
import os, shutil
results = TARGETS["results"]
folder = os.path.dirname(results)
attempt("unlink", os.unlink, results)
attempt("rename away", os.rename, results, results + ".old")
attempt("replace by the notebook", os.replace, os.path.join(TARGETS["submission"], "mini.ipynb"), results)
attempt("rename the folder", os.rename, folder, folder + "-old")
attempt("remove the folder", os.rmdir, folder)
attempt("remove the tree", shutil.rmtree, folder)
attempt("make a folder of that name", os.mkdir, results)
attempt("exchange", syscall, 316, -100, results.encode(), -100, TARGETS["metadata"].encode(), 2)
'''
NO = "(PermissionError|OSError) (1|13|18)|FileNotFoundError 2|OSError 30"
ATTEMPTS = dict.fromkeys(["unlink", "rename away", "replace by the notebook", "rename the folder", "remove the folder",
                          "remove the tree", "make a folder of that name", "exchange"], NO)
ATTEMPTS["make a folder of that name"] += "|FileExistsError 17"
