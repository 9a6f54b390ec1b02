"""fewer_indexes_of_the_ledger: a bill writes no entry into an index that no question is asked of"""

from alembic import op
import sqlalchemy as sa


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    some = sa.text('reverses_id IS NOT NULL')
    with op.batch_alter_table('ledger_entry', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_ledger_entry_reverses_id'), type_='unique')
        batch_op.create_index('uq_ledger_entry_reverses', ['reverses_id'], unique=True, sqlite_where=some, postgresql_where=some)
    with op.batch_alter_table('ledger_posting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ledger_posting_invoice_id'))
    with op.batch_alter_table('invoice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invoice_due_on'))


def downgrade() -> None:
    with op.batch_alter_table('invoice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invoice_due_on'), ['due_on'], unique=False)
    with op.batch_alter_table('ledger_posting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ledger_posting_invoice_id'), ['invoice_id'], unique=False)
    with op.batch_alter_table('ledger_entry', schema=None) as batch_op:
        batch_op.drop_index('uq_ledger_entry_reverses')
        batch_op.create_unique_constraint(batch_op.f('uq_ledger_entry_reverses_id'), ['reverses_id'])
