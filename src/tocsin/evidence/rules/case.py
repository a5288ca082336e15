"""A package in CASE/UCO 1.5 (JSON-LD): what is in it, where each thing came from, and every hand that it was in.

    Investigation ── ProvenanceRecord (the package) ── File … with its size and hashes
                  └─ InvestigativeAction, one for each event of custody: who, when, where, on what, after which

Identifiers are ``kb:<Class>-<uuid>``, the UUIDs made from the manifest's hash and the thing's name, so that the same
package always gives the same document. Checked in tests by ``case_validate --built-version case-1.5.0``.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from tocsin.base.instant import Instant, text
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind
from tocsin.evidence.rules.manifest import EvidenceFile, Manifest

CONTEXT = {
    "kb": "http://example.org/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-location": "https://ontology.unifiedcyberontology.org/uco/location/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_NAMED = {
    CustodyKind.MADE: "collected",
    CustodyKind.HANDED_OVER: "handed over",
    CustodyKind.RECEIVED: "received",
    CustodyKind.OPENED: "opened",
    CustodyKind.VERIFIED: "verified",
    CustodyKind.CONVERTED: "converted",
    CustodyKind.TIME_STAMPED: "time-stamped",
}

Node = dict[str, Any]


def case_of(manifest: Manifest, manifest_sha256: str, chain: Sequence[CustodyEvent]) -> Node:
    """The JSON-LD document of a package and its chain of custody."""
    ids = _Ids(manifest_sha256)
    files = [_file(file, ids) for file in manifest.files]
    record = _record(manifest, files, ids)
    actions = [_action(event, record, ids) for event in chain]
    conversions = [_conversion(file, manifest, ids) for file in manifest.files if file.converted is not None]
    graph = [
        _investigation(manifest, [record, *actions, *conversions], ids),
        record,
        *files,
        *actions,
        *conversions,
        *_people(chain, ids),
        *_places(chain, ids),
        *_tools(manifest, ids),
    ]
    return {"@context": CONTEXT, "@graph": graph}


class _Ids:
    """Identifiers that follow from the package and the thing's name alone."""

    def __init__(self, manifest_sha256: str) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:tocsin:manifest:{manifest_sha256}")

    def of(self, kind: str, name: str) -> str:
        """The identifier of a thing."""
        return f"kb:{kind}-{uuid.uuid5(self._space, f'{kind}/{name}')}"

    def ref(self, kind: str, name: str) -> Node:
        """A reference to a thing."""
        return {"@id": self.of(kind, name)}


def _investigation(manifest: Manifest, objects: Sequence[Node], ids: _Ids) -> Node:
    return {
        "@id": ids.of("Investigation", manifest.request),
        "@type": "case-investigation:Investigation",
        "uco-core:name": manifest.title,
        "uco-core:description": f"Evidence delivered in answer to the request {manifest.request}",
        "uco-core:object": [{"@id": one["@id"]} for one in objects],
    }


def _record(manifest: Manifest, files: Sequence[Node], ids: _Ids) -> Node:
    return {
        "@id": ids.of("ProvenanceRecord", manifest.package),
        "@type": "case-investigation:ProvenanceRecord",
        "case-investigation:exhibitNumber": manifest.package,
        "uco-core:description": manifest.title,
        "uco-core:object": [{"@id": file["@id"]} for file in files],
    }


def _file(file: EvidenceFile, ids: _Ids) -> Node:
    facet: Node = {
        "@id": ids.of("FileFacet", file.name),
        "@type": "uco-observable:FileFacet",
        "uco-observable:fileName": file.name.rpartition("/")[2],
        "uco-observable:filePath": file.name,
        "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(file.size)},
    }
    if file.modified is not None:
        facet["uco-observable:modifiedTime"] = _time(file.modified)
    content = {
        "@id": ids.of("ContentDataFacet", file.name),
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(file.size)},
        "uco-observable:hash": [
            _hash(file.name, method, value, ids) for method, value in (("SHA256", file.sha256), ("SHA512", file.sha512))
        ],
    }
    return {
        "@id": ids.of("File", file.name),
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [facet, content],
    }


def _hash(name: str, method: str, value: str, ids: _Ids) -> Node:
    return {
        "@id": ids.of("Hash", f"{name}/{method}"),
        "@type": "uco-types:Hash",
        "uco-types:hashMethod": method,
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": value.upper()},
    }


def _action(event: CustodyEvent, record: Node, ids: _Ids) -> Node:
    to = f" to {event.to}" if event.to else ""
    note = f": {event.note}" if event.note else ""
    if event.exercise_shift_seconds is not None:
        note += f" [exercise: clock {event.exercise_shift_seconds} seconds ahead]"
    action: Node = {
        "@id": ids.of("InvestigativeAction", str(event.seq)),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": _NAMED[event.event],
        "uco-core:description": f"{event.person} of {event.member} {_NAMED[event.event]}{to}{note}",
        "uco-action:startTime": _time(event.at),
        "uco-action:endTime": _time(event.at),
        "uco-action:performer": ids.ref("Person", _who(event)),
        "uco-action:location": [ids.ref("Location", event.place)],
        "uco-action:object": [{"@id": record["@id"]}],
    }
    if event.event is CustodyKind.MADE:
        action["uco-action:result"] = [{"@id": record["@id"]}]
        action["uco-action:instrument"] = [ids.ref("Tool", "packing")]
    if event.seq > 1:
        action["case-investigation:wasInformedBy"] = [ids.ref("InvestigativeAction", str(event.seq - 1))]
    return action


def _conversion(file: EvidenceFile, manifest: Manifest, ids: _Ids) -> Node:
    how = file.converted
    if how is None:
        raise ValueError("a raw file was not converted")
    return {
        "@id": ids.of("InvestigativeAction", f"conversion/{file.name}"),
        "@type": "case-investigation:InvestigativeAction",
        "uco-core:name": "converted",
        "uco-core:description": (
            f"{how.source} converted with {how.arguments}: {how.before} {how.counted} before, {how.after} after"
        ),
        "uco-action:startTime": _time(manifest.made_at),
        "uco-action:endTime": _time(manifest.made_at),
        "uco-action:instrument": [ids.ref("Tool", f"{how.program} {how.version}")],
        "uco-action:object": [ids.ref("File", how.source)],
        "uco-action:result": [ids.ref("File", file.name)],
    }


def _people(chain: Sequence[CustodyEvent], ids: _Ids) -> list[Node]:
    found = {_who(event): event for event in chain}
    return [
        {
            "@id": ids.of("Person", who),
            "@type": "uco-identity:Person",
            "uco-core:name": event.person,
            "uco-core:description": f"of {event.member}",
        }
        for who, event in found.items()
    ]


def _places(chain: Sequence[CustodyEvent], ids: _Ids) -> list[Node]:
    return [
        {"@id": ids.of("Location", place), "@type": "uco-location:Location", "uco-core:name": place}
        for place in dict.fromkeys(event.place for event in chain)
    ]


def _tools(manifest: Manifest, ids: _Ids) -> list[Node]:
    tools = {"packing": (manifest.tool_name, manifest.tool_version)}
    for file in manifest.files:
        if file.converted is not None:
            tools[f"{file.converted.program} {file.converted.version}"] = (
                file.converted.program,
                file.converted.version,
            )
    return [
        {
            "@id": ids.of("Tool", key),
            "@type": "uco-tool:Tool",
            "uco-core:name": name,
            "uco-tool:version": version,
        }
        for key, (name, version) in tools.items()
    ]


def _who(event: CustodyEvent) -> str:
    return f"{event.person}/{event.member}"


def _time(at: Instant) -> Node:
    return {"@type": "xsd:dateTime", "@value": text(at)}
