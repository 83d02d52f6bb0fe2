"""The standards' files are exactly what SOURCES.toml says, and the code pins no other."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from badges.data_files import data_dir
from badges.errors import UnknownContext
from badges.openbadges.contexts import PINNED, context_bytes, context_document
from badges.openbadges.schema import KNOWN_IDS

SCHEMAS = data_dir("schemas")
SOURCES = tomllib.loads((SCHEMAS / "SOURCES.toml").read_text(encoding="utf-8"))["file"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: Path(source["path"]).name)
def test_every_file_has_the_hash_and_the_origin_it_is_listed_with(source: dict[str, str]) -> None:
    assert hashlib.sha256((SCHEMAS / source["path"]).read_bytes()).hexdigest() == source["sha256"]
    assert source["url"].startswith("https://")
    assert source["package"]
    assert source["licence"]


def test_no_file_of_the_standards_is_left_out_of_the_list() -> None:
    held = {str(path.relative_to(SCHEMAS)) for path in SCHEMAS.glob("*/*")}
    assert held == {source["path"] for source in SOURCES}


def test_contexts_and_schemas_are_pinned_by_the_address_of_the_standard() -> None:
    listed = {source["url"]: Path(source["path"]).name for source in SOURCES}
    assert listed.items() >= PINNED.items()
    assert listed.items() >= KNOWN_IDS.items()


def test_the_open_badges_context_is_the_one_served_since_june_2026() -> None:
    digest = hashlib.sha256(context_bytes("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"))
    assert digest.hexdigest().startswith("3d34f4d4")


def test_every_pinned_context_parses() -> None:
    assert all("@context" in context_document(url) for url in PINNED)


def test_an_unknown_context_is_an_error_and_never_a_fetch() -> None:
    with pytest.raises(UnknownContext, match=r"example\.org"):
        context_bytes("https://example.org/context.json")
