"""what a secure link saved, and when its authorization was agreed to"""

import sqlalchemy as sa
from alembic import op

from billing_core.store import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("secure_link", sa.Column("agreed_at", UtcDateTime(), nullable=True))
    op.add_column("secure_link", sa.Column("saved", sa.JSON(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first release to go back to")
