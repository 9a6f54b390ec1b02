"""no_texts_since: a number that takes no texts is remembered until it writes"""

import sqlalchemy as sa
from alembic import op

import billing_core.store


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.add_column(sa.Column('no_texts_since', billing_core.store.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.drop_column('no_texts_since')
