"""A bare Flask view: what the server itself costs, the measure of every read."""

from flask import Flask

app = Flask(__name__)


@app.get("/healthz")
def healthz() -> str:
    """One line of text."""
    return "ok"
