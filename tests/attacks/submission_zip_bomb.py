"""Hand in a zip of 100 kB that holds a notebook of 100 MB."""


def submit(folder, notebook):
    import zipfile

    with (zipfile.ZipFile(folder / "mini.zip", "w", zipfile.ZIP_DEFLATED) as archive,
          archive.open("mini.ipynb", "w", force_zip64=True) as member):
        for _ in range(100):
            member.write(bytes(10**6))


TELLS = "too large"
