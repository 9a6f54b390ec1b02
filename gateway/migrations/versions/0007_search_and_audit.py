"""search and audit

Written by hand, since no table class says it: the words of messages as each database indexes them, kept by triggers on
SQLite, and an audit log whose rows the database refuses to change or delete.
"""

from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

# A row id of the message table may change (VACUUM), so the index goes by numbers of its own.
ON_SQLITE = (
    """CREATE TABLE message_searched (
        id INTEGER PRIMARY KEY, message_id VARCHAR(32) NOT NULL UNIQUE, conversation_id VARCHAR(32) NOT NULL)""",
    "CREATE VIRTUAL TABLE message_search USING fts5(text, tokenize = 'unicode61 remove_diacritics 0')",
    """CREATE TRIGGER message_searched_new AFTER INSERT ON message BEGIN
        INSERT INTO message_searched (message_id, conversation_id) VALUES (new.id, new.conversation_id);
        INSERT INTO message_search (rowid, text) SELECT id, new.text FROM message_searched WHERE message_id = new.id;
    END""",
    """CREATE TRIGGER message_searched_again AFTER UPDATE OF text ON message WHEN old.text <> new.text BEGIN
        UPDATE message_search SET text = new.text
            WHERE rowid = (SELECT id FROM message_searched WHERE message_id = new.id);
    END""",
    """CREATE TRIGGER message_searched_gone AFTER DELETE ON message BEGIN
        DELETE FROM message_search WHERE rowid = (SELECT id FROM message_searched WHERE message_id = old.id);
        DELETE FROM message_searched WHERE message_id = old.id;
    END""",
    """CREATE TRIGGER audit_entry_kept BEFORE UPDATE ON audit_entry BEGIN
        SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry BEGIN
        SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)
ON_POSTGRESQL = (
    r"""CREATE INDEX ix_message_text_search ON message USING gin
        (to_tsvector('simple', regexp_replace(text, '[^a-zA-Z0-9\u0080-\uffff]+', ' ', 'g')))""",
    """CREATE FUNCTION audit_entry_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
    """CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_refuses()""",
    """CREATE TRIGGER audit_entry_stays BEFORE TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuses()""",
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in ON_POSTGRESQL if dialect == "postgresql" else ON_SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first release to go back to")
