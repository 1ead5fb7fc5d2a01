"""The loaders against a web server on this machine: success, corruption, a missing page, and no server at all."""

import hashlib
import http.server
import io
import socket
import threading
import zipfile

import pytest

from llmcourse.corpora import ChecksumError, DownloadError, cache_folder, downloads, gutenberg, tiny_shakespeare, wikitext2

PLAY = "First Citizen:\nSpeak, speak — at the loopback.\n" * 50
BOOK = "\ufeffLicence before.\r\n*** START OF THE PROJECT GUTENBERG EBOOK TEST ***\r\n\r\nÉmile read on.\r\n\r\n" \
       "*** END OF THE PROJECT GUTENBERG EBOOK TEST ***\r\nLicence after.\r\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wikitext_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for split in ("train", "valid", "test"):
            archive.writestr(f"wikitext-2-raw/wiki.{split}.raw", f" = {split} = \n Wikipedia – ")
    return buffer.getvalue()


@pytest.fixture
def server():
    """A server with pages (a dict to fill) that counts the requests; ``cut`` pages break off half-way."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.requests.append(self.path)
            body = self.server.pages.get(self.path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:len(body) // 2] if self.path in self.server.cut else body)

        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.pages, web.cut, web.requests = {}, set(), []
    web.url = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield web
    web.shutdown()
    web.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("LLMCOURSE_CACHE", str(folder))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder


def files(cache) -> list[str]:
    return sorted(path.name for path in cache.glob("**/*")) if cache.exists() else []


def test_a_download_is_checked_kept_and_not_repeated(server, cache, capfd):
    server.pages["/play.txt"] = PLAY.encode()
    for _ in range(2):
        assert tiny_shakespeare(url=server.url + "/play.txt", sha256=sha256(PLAY.encode())) == PLAY
    assert server.requests == ["/play.txt"]
    assert files(cache) == ["tiny-shakespeare.txt"]
    assert "100%" in capfd.readouterr().err  # the progress bar


def test_without_progress_there_is_no_bar(server, capfd):
    server.pages["/play.txt"] = PLAY.encode()
    tiny_shakespeare(url=server.url + "/play.txt", sha256=sha256(PLAY.encode()), progress=False)
    assert "%|" not in capfd.readouterr().err


def test_a_corrupted_download_is_refused_and_nothing_is_kept(server, cache):
    server.pages["/play.txt"] = PLAY.encode().replace(b"Citizen", b"Cltizen", 1)
    with pytest.raises(ChecksumError, match=r"does not have the SHA-256 86c4e6aa.*corpora\.text\(\"english\"\)"):
        tiny_shakespeare(url=server.url + "/play.txt")  # the checksum that ships with the course is the default
    assert files(cache) == []
    assert issubclass(ChecksumError, ValueError)


def test_a_download_that_breaks_off_is_refused_and_nothing_is_kept(server, cache):
    server.pages["/pg7.txt"] = BOOK.encode()
    server.cut.add("/pg7.txt")
    with pytest.raises(DownloadError, match="cannot be reached"):
        gutenberg(7, url=server.url + "/pg{number}.txt")
    assert files(cache) == []


def test_a_cached_file_that_broke_is_downloaded_again(server, cache):
    server.pages["/play.txt"] = PLAY.encode()
    call = dict(url=server.url + "/play.txt", sha256=sha256(PLAY.encode()))
    tiny_shakespeare(**call)
    (cache / "tiny-shakespeare.txt").write_text("To be or")
    assert tiny_shakespeare(**call) == PLAY
    (cache / "tiny-shakespeare.txt").write_text("To be or")
    server.pages["/play.txt"] = b"something else"
    with pytest.raises(ChecksumError):
        tiny_shakespeare(**call)
    assert files(cache) == []


def test_a_missing_page_names_the_status_and_the_text_to_use_instead(server, cache):
    with pytest.raises(DownloadError, match=r"answers 404.*llmcourse\.corpora\.text\(\"english\"\)"):
        wikitext2(url=server.url + "/nothing.zip")
    assert files(cache) == []


def test_offline_the_error_names_the_text_to_use_instead(cache):
    with socket.socket() as probe:  # a port that nobody listens on
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for call in (
        lambda: tiny_shakespeare(url=f"http://127.0.0.1:{port}/play.txt"),
        lambda: wikitext2(url=f"http://127.0.0.1:{port}/wiki.zip"),
        lambda: gutenberg(11, url=f"http://127.0.0.1:{port}/{{number}}"),
    ):
        with pytest.raises(ConnectionError, match=r"are you offline\?.*llmcourse\.corpora\.text\(\"english\"\)"):
            call()
    assert files(cache) == []


def test_a_cached_file_needs_no_network(server, cache):
    server.pages["/pg7.txt"] = BOOK.encode()
    first = gutenberg(7, url=server.url + "/pg{number}.txt")
    assert gutenberg(7, url="http://127.0.0.1:1/pg{number}.txt") == first


def test_a_book_is_trusted_on_first_use_and_checked_ever_after(server, cache):
    server.pages["/pg7.txt"] = BOOK.encode()
    address = server.url + "/pg{number}.txt"
    assert gutenberg(7, url=address) == "Émile read on.\n"
    assert files(cache) == ["gutenberg-7.txt", "gutenberg-7.txt.sha256"]
    assert (cache / "gutenberg-7.txt.sha256").read_text().strip() == sha256(BOOK.encode())
    (cache / "gutenberg-7.txt").write_text("changed on this machine")
    assert gutenberg(7, url=address) == "Émile read on.\n"  # noticed, and downloaded again
    assert server.requests == ["/pg7.txt", "/pg7.txt"]
    (cache / "gutenberg-7.txt").write_text("changed on this machine")
    server.pages["/pg7.txt"] = BOOK.replace("Émile", "Emil").encode()
    with pytest.raises(ChecksumError):
        gutenberg(7, url=address)  # neither what is here nor what comes is what was trusted
    with pytest.raises(ChecksumError):
        gutenberg(8, url=server.url + "/pg7.txt", sha256="0" * 64)  # a checksum in the call is always enforced


def test_a_split_of_wikitext(server):
    data = wikitext_archive()
    server.pages["/wiki.zip"] = data
    for split in ("train", "valid", "test"):
        assert wikitext2(split, url=server.url + "/wiki.zip", sha256=sha256(data)) == f" = {split} = \n Wikipedia – "
    assert len(server.requests) == 1


def test_the_cache_folder(monkeypatch, cache):
    assert cache_folder() == cache
    monkeypatch.delenv("LLMCOURSE_CACHE")
    assert "llmcourse" in str(cache_folder())


def test_a_text_without_the_frame_stays_whole():
    assert downloads.strip_frame("Once.\n") == "Once.\n"


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: wikitext2("dev"), ValueError, "unknown split 'dev'"),
    (lambda: gutenberg("11"), TypeError, "must be an integer, got '11'"),
    (lambda: gutenberg(0), ValueError, "the number of a book must be at least 1, got 0"),
    (lambda: gutenberg(True), TypeError, "the number of a book must be an integer, got True"),
    (lambda: tiny_shakespeare(sha256=7), TypeError, "a SHA-256 checksum must be a string, got 7"),
    (lambda: tiny_shakespeare(sha256="abc"), ValueError, "64 hexadecimal digits, got 'abc'"),
])
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
