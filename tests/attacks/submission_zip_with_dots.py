"""Hand in a zip whose members want to be unpacked over the tests and the results."""


def submit(folder, notebook):
    import json
    import zipfile

    with zipfile.ZipFile(folder / "mini.zip", "w") as archive:
        archive.writestr("../results/results.json", '{"score": 9999}')
        archive.writestr("../source/tests/q3.py", "name = 'q3'")
        archive.writestr("/etc/cron.d/evil", "* * * * * root id")
        archive.writestr("../../mini.ipynb", json.dumps(notebook))
