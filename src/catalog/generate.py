"""Writes src/catalog/connectors.json from the vendor's published package airbyte-agent-sdk.

Usage, at the root of the repository (needs pip and PyYAML):

    python3 src/catalog/generate.py 0.1.380

Prints which types are new, gone or changed. Review the diff, then run the tests of the catalog.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import yaml

PACKAGE = "airbyte-agent-sdk"
TARGET = pathlib.Path(__file__).parent / "connectors.json"
FIELD_KEYS = ("type", "format", "pattern", "enum", "default")
HTTP_METHODS = ("get", "put", "post", "delete", "patch")


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """Keeps dates as text."""


Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def download(version, directory):
    """The specifications of a version of the package, by folder name."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, f"{PACKAGE}=={version}"]
    subprocess.run(command, check=True)
    (wheel,) = pathlib.Path(directory).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith("/connector.yaml")]
        return {name.split("/")[-2]: yaml.load(archive.read(name), Loader) for name in sorted(names)}


def field(schema, required):
    out = {key: schema[key] for key in FIELD_KEYS if key in schema}
    if isinstance(out.get("type"), list):
        out["type"] = next(kind for kind in out["type"] if kind != "null")
    if "items" in schema:
        out["items"] = {"type": schema["items"].get("type", "string")}
    out["required"] = required
    if schema.get("airbyte_secret") is not None:
        out["secret"] = schema["airbyte_secret"]
    return out


def fields(config):
    required = config.get("required", [])
    return {name: field(schema, name in required) for name, schema in (config.get("properties") or {}).items()}


def methods(spec):
    for name, scheme in spec["components"].get("securitySchemes", {}).items():
        config = scheme.get("x-airbyte-auth-config") or {}
        for option in config.get("oneOf") or [config]:
            yield method(name, scheme, option)


def method(name, scheme, config):
    kind = {"oauth2": "oauth2", "apiKey": "api_key"}.get(scheme["type"], scheme.get("scheme", "bearer"))
    out = {"name": name, "kind": kind, "title": config.get("title"), "fields": fields(config)}
    scopes = [
        {key: scope.get(key) for key in ("scope", "mode", "entities")}
        for scope in scheme.get("x-airbyte-oauth-scopes") or []
    ]
    if scopes:
        out["scopes"] = scopes
    app = fields(scheme.get("x-airbyte-oauth-credentials") or {})
    if app:
        out["oauth_app"] = app
    return out


def server_variables(spec):
    variables = {}
    for server in spec.get("servers") or []:
        for name, variable in (server.get("variables") or {}).items():
            variables[name] = {key: variable[key] for key in ("default", "enum") if key in variable}
    return variables


def operations(spec):
    """Entity, action and operation, in the order of the specification."""
    for item in spec["paths"].values():
        for method_name, operation in item.items():
            if method_name in HTTP_METHODS and "x-airbyte-entity" in operation:
                yield operation["x-airbyte-entity"], operation["x-airbyte-action"], operation, item


def required_parameters(operation, item):
    parameters = list(item.get("parameters") or []) + list(operation.get("parameters") or [])
    return sorted(
        parameter["name"]
        for parameter in parameters
        if parameter.get("required")
    )


def check(spec):
    """The action that the vendor prefers for a check, or the first list without required parameters."""
    chosen = None
    for entity, action, operation, item in operations(spec):
        is_preferred = operation.get("x-airbyte-preferred-for-check")
        is_possible = action == "list" and not required_parameters(operation, item)
        if is_preferred or (is_possible and chosen is None):
            chosen = {"entity": entity, "action": action, "required_parameters": required_parameters(operation, item)}
        if is_preferred:
            break
    return chosen


def entities(spec):
    found = {}
    for entity, action, _, _ in operations(spec):
        found.setdefault(entity, set()).add(action)
    return {entity: sorted(found[entity]) for entity in sorted(found)}


def connector(spec):
    info = spec["info"]
    out = {
        "connector_type": info["x-airbyte-connector-name"],
        "definition_id": info["x-airbyte-connector-definition-id"],
        "definition_version": str(info["version"]),
        "auth_methods": list(methods(spec)),
    }
    optional = {
        "server_variables": server_variables(spec),
        "replication_config": fields(info.get("x-airbyte-replication-config") or {}),
        "entities": entities(spec),
        "check": check(spec),
        "availability": info.get("x-airbyte-platform-availability"),
        "runtime_mode": info.get("x-airbyte-runtime-mode"),
    }
    has_settings = "x-airbyte-replication-config" in info
    out.update({key: value for key, value in optional.items() if value or (key == "replication_config" and has_settings)})
    return out


def changes(before, after):
    before = {item["connector_type"]: item for item in before}
    after = {item["connector_type"]: item for item in after}
    yield from (f"new: {name}" for name in sorted(after.keys() - before.keys()))
    yield from (f"gone: {name}" for name in sorted(before.keys() - after.keys()))
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            keys = before[name].keys() | after[name].keys()
            changed = sorted(key for key in keys if before[name].get(key) != after[name].get(key))
            yield f"changed: {name}: {', '.join(changed)}"


def main(version):
    with tempfile.TemporaryDirectory() as directory:
        specs = download(version, directory)
    connectors = sorted(map(connector, specs.values()), key=lambda item: item["connector_type"])
    before = json.loads(TARGET.read_text())
    source = f"{PACKAGE} {version} connector definitions"
    text = json.dumps({"source": source, "connectors": connectors}, indent=1, ensure_ascii=False)
    TARGET.write_text(text + "\n")
    for line in changes(before["connectors"], connectors):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1])
