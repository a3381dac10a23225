"""A blog: the schema and rows that several modules read."""

SCHEMA = """
enum Role { ADMIN USER }
model User {
  id Int @id
  email String @unique
  name String?
  role Role @default(USER)
  age Int?
  secret String? @omit
  gone Unsupported("point")?
  hidden String? @ignore
  posts Post[] @relation("author")
  liked Post[]
  profile Profile?
  bossId Int?
  boss User? @relation("boss", fields: [bossId], references: [id])
  staff User[] @relation("boss")
}
model Profile { id Int @id  bio String?  userId Int? @unique  user User? @relation(fields: [userId], references: [id]) }
model Post {
  id Int @id
  title String @map("headline")
  published Boolean @default(false)
  views Int?
  authorId Int
  author User @relation("author", fields: [authorId], references: [id])
  reviewerId Int?
  comments Comment[]
  likedBy User[]
  @@map("posts")
}
model Comment {
  id Int @id
  text String
  postId Int?
  post Post? @relation(fields: [postId], references: [id])
}
model Seat { row Int  number Int  label String?  @@id([row, number])  @@unique([label, row], name: "labelled") }
"""
ROWS = """
insert into "User" (id, email, name, role, age, secret, "bossId") values
 (1, 'ann@x', 'Ann', 'ADMIN', 40, 's1', null),
 (2, 'bob@x', 'Bob', 'USER', 30, 's2', 1),
 (3, 'cid@x', null, 'USER', null, 's3', 1),
 (4, 'dot@x', 'Dot', 'USER', 30, 's4', 2);
insert into "Profile" values (1, 'bio ann', 1), (2, 'bio bob', 2), (3, 'nobody', null);
insert into posts (id, headline, published, views, "authorId") values
 (1, 'One', true, 10, 1), (2, 'Two', false, 20, 1), (3, 'Three', true, null, 1), (4, 'Four', true, 40, 2);
insert into "Comment" values (1, 'good', 1), (2, 'bad', 1), (3, 'good', 4), (4, 'lost', null);
insert into "_PostToUser" values (1, 2), (1, 3), (4, 1);
insert into "Seat" values (1, 1, 'a'), (1, 2, 'b'), (2, 1, null);
"""
