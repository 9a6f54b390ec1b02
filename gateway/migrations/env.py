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
with context.begin_transaction():
    context.run_migrations()
connection.commit()
