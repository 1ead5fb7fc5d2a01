"""Well-known public texts, downloaded once, checked, and kept in a cache folder. None of them ships with the course.

Where the files live: ``pooch.os_cache("llmcourse")``, or the folder in the environment variable LLMCOURSE_CACHE.

Checksums. Tiny Shakespeare and WikiText-2 are compared with SHA-256 digests written down here. Project Gutenberg
remakes its files now and then, so no digest can be fixed for them: the digest of the first download is written beside
the file and every later use is compared with it ("trust on first use"). That notices a file that changed or broke on
this machine; it cannot notice that the very first download was wrong. ``sha256=`` in a call is always enforced.

Without a network the loaders raise ``DownloadError``, which names a text of the course to use instead.
"""

import os
import re
import zipfile
from pathlib import Path

from .. import arguments

TINY_SHAKESPEARE = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e"
    "/data/tinyshakespeare/input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)
WIKITEXT2 = (
    "https://huggingface.co/datasets/ggml-org/ci/resolve/927b3642933080f1b0e811e2f916e14c292992f9"
    "/wikitext-2-raw-v1.zip",
    "ef7edb566e3e2b2d31b29c1fdb0c89a4cc683597484c3dc2517919c615435a11",
)
GUTENBERG = "https://www.gutenberg.org/cache/epub/{number}/pg{number}.txt"

INSTEAD = 'llmcourse.corpora.text("english"), or llmcourse.corpora.stories().train(10**6) for something bigger'
TIMEOUT = 30  # seconds without a byte from the server


class DownloadError(ConnectionError):
    """A text could not be downloaded; the message says why and what to use instead."""


class ChecksumError(ValueError):
    """A downloaded file is not the one that was expected; nothing of it is kept."""


def cache_folder() -> Path:
    """The folder for downloads: LLMCOURSE_CACHE if that is set, else the usual place of the operating system."""
    import pooch  # type: ignore[import-untyped]  # here and below: nobody should wait for it who only wants a story

    return Path(os.environ.get("LLMCOURSE_CACHE") or pooch.os_cache("llmcourse"))


def fetch(url: str, name: str, sha256: str | None = None, *, progress: bool = True) -> Path:
    """Path of the file called ``name`` in the cache folder, downloaded from ``url`` unless it is there and intact.

    sha256: 64 hexadecimal digits that the file must match. Without them the digest of the first download is kept in
    ``name.sha256`` and enforced from then on. A cached file that does not match is downloaded again.
    Raises DownloadError where nothing can be downloaded, ChecksumError where something else arrives than expected,
    ValueError for a sha256 that is none, and TypeError for one that is no string.
    """
    import pooch
    import requests

    if not isinstance(sha256, str | None):
        raise TypeError(f"a SHA-256 checksum must be a string, got {sha256!r}")
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"a SHA-256 checksum has 64 hexadecimal digits, got {sha256!r}")
    path = cache_folder() / name
    note = path.with_name(name + ".sha256")
    expected = sha256 or (note.read_text(encoding="ascii").split()[0] if note.exists() and path.exists() else None)
    try:
        pooch.retrieve(url, expected and expected.lower(), name, path.parent,
                       downloader=pooch.HTTPDownloader(progressbar=progress, timeout=TIMEOUT))
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "with an error"
        raise DownloadError(f"{url} cannot be had: the server answers {status}. "
                            f"Without it: {INSTEAD}") from error
    except (requests.RequestException, OSError) as error:
        raise DownloadError(f"{url} cannot be reached ({type(error).__name__}): are you offline? "
                            f"Without it: {INSTEAD}") from error
    except ValueError as error:  # pooch has deleted the download; a cached file can only be a broken one
        path.unlink(missing_ok=True)
        raise ChecksumError(f"what {url} sent does not have the SHA-256 {expected}: the download is broken, or the "
                            f"file has changed. Nothing of it was kept; try again. Without it: {INSTEAD}") from error
    if expected is None:
        note.write_text(pooch.file_hash(str(path)) + "\n", encoding="ascii")
    return path


def tiny_shakespeare(*, url: str | None = None, sha256: str | None = None, progress: bool = True) -> str:
    """About a million characters of Shakespeare's plays, as collected by Karpathy (2015), "char-rnn". Public domain.

    url, sha256: another source, for instance a mirror; a file from another url must match the same checksum unless
    sha256 gives its own. Raises as ``fetch``.
    """
    path = fetch(url or TINY_SHAKESPEARE[0], "tiny-shakespeare.txt", sha256 or TINY_SHAKESPEARE[1], progress=progress)
    return path.read_text(encoding="utf-8")


def wikitext2(split: str = "train", *, url: str | None = None, sha256: str | None = None, progress: bool = True) -> str:
    """One split ("train", "valid" or "test") of WikiText-2, raw: Wikipedia articles, Merity et al. (2017), CC BY-SA.

    url, sha256: as for ``tiny_shakespeare``. Raises ValueError for an unknown split, and as ``fetch``.
    """
    split = arguments.one_of("split", split, ("train", "valid", "test"))
    path = fetch(url or WIKITEXT2[0], "wikitext-2-raw-v1.zip", sha256 or WIKITEXT2[1], progress=progress)
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"wikitext-2-raw/wiki.{split}.raw").decode("utf-8")


def gutenberg(number: int, *, url: str | None = None, sha256: str | None = None, progress: bool = True) -> str:
    """The text of a Project Gutenberg book by its number (11: Alice's Adventures in Wonderland), without its frame.

    url: another address, with ``{number}`` where the number goes. The file is trusted on first use (see above) unless
    sha256 is given. Raises TypeError or ValueError for a number that is none, and as ``fetch``.
    """
    number = arguments.integer("the number of a book", number, least=1)
    path = fetch((url or GUTENBERG).format(number=number), f"gutenberg-{number}.txt", sha256, progress=progress)
    return strip_frame(path.read_text(encoding="utf-8-sig"))


def strip_frame(text: str) -> str:
    """A Gutenberg text without the licence before its START line and after its END line; whole if it has neither."""
    start = re.search(r"^\*\*\* ?START OF .*$", text, re.MULTILINE)
    end = re.search(r"^\*\*\* ?END OF .*$", text, re.MULTILINE)
    return text[start.end() if start else 0:end.start() if end else len(text)].strip() + "\n"
