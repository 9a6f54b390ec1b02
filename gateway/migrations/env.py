"""How Alembic runs here: always on the connection that `gateway.database` gives, in one transaction."""

from alembic import context

from gateway.database import METADATAS

connection = context.config.attributes["connection"]
# A revision may be written for one room; the tables of the others, and the queue's own, are then not looked at.
metadatas = context.config.attributes.get("metadatas", METADATAS)
names = {name for metadata in metadatas for name in metadata.tables}
context.configure(
    connection=connection,
    target_metadata=metadatas,
    compare_type=True,
    include_name=lambda name, kind, _parents: kind != "table" or name in names,
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="billing_core.store.",
)
# SQLite changes a table by writing it anew and dropping the old one, which its keys forbid while rows point at it: they
# are off meanwhile, as its makers say, and all of them are looked at before anything is committed.
keys = connection.connection.dbapi_connection if connection.dialect.name == "sqlite" else None
if keys is not None:
    keys.execute("PRAGMA foreign_keys=OFF")
try:
    with context.begin_transaction():
        context.run_migrations()
    if keys is not None and (broken := keys.execute("PRAGMA foreign_key_check").fetchone()):
        raise RuntimeError(f"The migration would leave rows of {broken[0]} without the row of {broken[2]} they name.")
    connection.commit()
finally:
    connection.rollback()
    if keys is not None:
        keys.execute("PRAGMA foreign_keys=ON")
