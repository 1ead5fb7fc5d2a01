"""Hand in a zip of a megabyte that holds a notebook of a gigabyte."""


def submit(folder, notebook):
    import zipfile

    with (zipfile.ZipFile(folder / "mini.zip", "w", zipfile.ZIP_DEFLATED) as archive,
          archive.open("mini.ipynb", "w", force_zip64=True) as member):
        for _ in range(1000):
            member.write(bytes(10**6))


TELLS = "too large"
