"""the amount of a link by which somebody else pays"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("secure_link", sa.Column("amount_cents", sa.Integer(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first release to go back to")
