"""Hand in a zip whose notebook is a link to the tests."""


def submit(folder, notebook):
    import stat
    import zipfile

    with zipfile.ZipFile(folder / "mini.zip", "w") as archive:
        link = zipfile.ZipInfo("mini.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(folder.parent / "source" / "tests" / "q3.py"))


TELLS = "Hand in|hand in"
