"""Certificates for tests, made by openssl(1)."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def make(folder: Path) -> Path:
    """Make an authority (ca.pem), and what it signed: good, another host's, expired; and one self-signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl(1) makes the certificates")

    def run(*words: str) -> None:
        subprocess.run(("openssl", *words), check=True, capture_output=True, cwd=folder)

    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=x\n[x]\nnew_certs_dir=.\ndatabase=index\nserial=serial\ndefault_md=sha256\npolicy=p\n"
        "unique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n"
    )
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "9", "-subj", "/CN=authority")
    names = {"good": "IP:127.0.0.1", "other": "DNS:other.test", "expired": "IP:127.0.0.1"}
    for name, host in names.items():
        subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={host}")
        run("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", *subject)
        start = "20200101000000Z" if name == "expired" else "20250101000000Z"
        end = "20200102000000Z" if name == "expired" else "20990101000000Z"
        sign = ("ca", "-batch", "-notext", "-config", "ca.cnf", "-keyfile", "ca.key", "-cert", "ca.pem")
        run(*sign, "-startdate", start, "-enddate", end, "-in", f"{name}.csr", "-out", f"{name}.pem")
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    run("req", "-x509", *key, "-keyout", "self.key", "-out", "self.pem", "-days", "9", *subject)
    return folder


def secure(papers: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers / f"{name}.pem", papers / f"{name}.key")
    return context
