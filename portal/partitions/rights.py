"""Who owns a table and may use it: each of its partitions is theirs as well.

A statement that names the table asks for no right on its partitions. But pg_dump reads each of them, as do the figures
of months: a role that had the right to read all tables must not lose it with the first month that the portal makes.
"""

from collections.abc import Iterator

from portal.partitions.catalog import execute, rows_of

_OWNER = """
SELECT pg_get_userbyid(source.relowner) FROM pg_class AS source, pg_class AS target
WHERE source.oid = %s::regclass AND target.oid = %s::regclass AND source.relowner <> target.relowner
"""
_GRANTS = """
SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, privilege_type || part,
       CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
FROM (
    SELECT relowner, '' AS part, (aclexplode(relacl)).* FROM pg_class WHERE oid = %s::regclass
    UNION ALL
    SELECT relowner, ' (' || quote_ident(attname) || ')', (aclexplode(attacl)).*
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE pg_class.oid = %s::regclass AND attnum > 0 AND NOT attisdropped
) AS given
WHERE grantee <> relowner ORDER BY 1, 2
"""


def copy(source: str, target: str) -> None:
    """Give a table the owner of another one, and to everybody the rights that they have on that."""
    for (owner,) in rows_of(_OWNER, source, target):
        execute("ALTER TABLE {target} OWNER TO {owner}", target=target, owner=owner)
    for statement in grants(source, target):
        execute(statement)


def grants(source: str, target: str, kind: str = "TABLE") -> Iterator[str]:
    """Yield the statements that give, on ``target``, the rights that others than the owner have on ``source``."""
    for who, what, option in rows_of(_GRANTS, source, source):
        yield f'GRANT {what} ON {kind} "{target}" TO {who}{option}'
