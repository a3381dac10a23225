"""A shop under rules, and builders on it: unguarded, and bound to somebody under each guard."""

from collections.abc import Callable

import pytest

from gatepost.orm.builder import Builder

from ..writing.conftest import OpenWorld, World, open_world

__all__ = ["open_world"]

SHOP = """
enum Role { ADMIN @map("the_admin")  USER }

model User {
  id      Int      @id @default(autoincrement())
  email   String   @unique @map("user_email")
  role    Role     @default(USER) @map("user_role")
  age     Int      @default(1)
  meta    Json?
  tags    String[]
  changed DateTime @updatedAt
  orders  Order[]
  @@map("users")
  @@allow('read', age > 0)
  @@allow('create', age < 100)
  @@allow('update', age < 50)
  @@allow('delete', age > 3)
  @@allow('post-update', age >= before().age)
}

model Order {
  id     String   @id @default(cuid())
  title  String
  state  String   @default("new") @allow('update', title != "closed")
  at     DateTime @default(now())
  user   User     @relation(fields: [userId], references: [id])
  userId Int
  @@allow('all', auth().id == userId)
}

model Seat {
  row Int
  no  Int
  who String?
  @@id([row, no])
  @@allow('all', row > 0)
}

model Closed {
  id Int @id
}
"""

Open = Callable[..., Builder]


@pytest.fixture(scope="module")
def shop(open_world: OpenWorld) -> World:
    """The shop's database, with row level security."""
    return open_world(SHOP, policies=True)


@pytest.fixture
async def raw(shop: World) -> Builder:
    """A builder that no rule holds, on a shop with two users, three orders, and a user that nobody may read."""
    shop.empty()
    builder = Builder(shop.open())
    await builder.execute(
        "insert into User (email, role, age) values ('ada@x', 'ADMIN', 4), ('bob@x', 'USER', 60), ('no@x', 'USER', 0)"
    )
    await builder.execute(
        "insert into \"Order\" (id, title, userId) values ('a', 'one', 1), ('b', 'closed', 1), ('c', 'two', 2)"
    )
    return builder


@pytest.fixture(params=["query", "database"])
def shop_of_ada(request: pytest.FixtureRequest, shop: World, raw: Builder) -> Builder:
    """A builder bound to user 1, once for each guard."""
    return Builder(shop.open(request.param).set_auth({"id": 1}))
