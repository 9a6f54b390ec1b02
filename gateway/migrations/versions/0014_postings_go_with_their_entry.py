"""postings_go_with_their_entry: a posting's account is that of its entry, which is checked there"""

from alembic import op


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('ledger_posting', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_ledger_posting_account_id'), type_='foreignkey')


def downgrade() -> None:
    with op.batch_alter_table('ledger_posting', schema=None) as batch_op:
        batch_op.create_foreign_key(batch_op.f('fk_ledger_posting_account_id'), 'account', ['account_id'], ['id'])
