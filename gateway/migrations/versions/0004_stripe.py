"""stripe"""

from alembic import op
import sqlalchemy as sa
import billing_core.store


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('processor_event',
    sa.Column('id', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('attempt_id', sa.String(length=64), nullable=True),
    sa.Column('effect', sa.String(length=12), nullable=False),
    sa.Column('for_person', sa.String(length=30), nullable=True),
    sa.Column('taken_at', billing_core.store.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_processor_event'))
    )
    with op.batch_alter_table('processor_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_processor_event_attempt_id'), ['attempt_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_processor_event_for_person'), ['for_person'], unique=False)

    op.create_table('stripe_attempt',
    sa.Column('attempt_id', sa.String(length=64), nullable=False),
    sa.Column('customer_id', sa.String(length=64), nullable=False),
    sa.Column('intent_id', sa.String(length=64), nullable=True),
    sa.Column('first_sent_at', billing_core.store.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_sent_at', billing_core.store.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('attempt_id', name=op.f('pk_stripe_attempt'))
    )
    with op.batch_alter_table('stripe_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stripe_attempt_intent_id'), ['intent_id'], unique=False)

    op.create_table('stripe_customer',
    sa.Column('account_id', sa.String(length=40), nullable=False),
    sa.Column('customer_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_stripe_customer_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_stripe_customer'))
    )


def downgrade() -> None:
    op.drop_table('stripe_customer')
    op.drop_table('stripe_attempt')
    op.drop_table('processor_event')
