"""A blog: every kind of relation, no rules."""

BLOG = """
enum Role { ADMIN @map("admin")  USER }

model User {
  id      String   @id @default(cuid())
  email   String   @unique
  name    String?
  role    Role     @default(USER)
  age     Int      @default(3)
  score   Float?
  money   Decimal?
  big     BigInt?
  tags    String[]
  roles   Role[]
  photo   Bytes?
  meta    Json?
  born    DateTime?
  made    DateTime @default(now())
  changed DateTime @updatedAt(ignore: [age])
  posts   Post[]
  profile Profile?
}

model Profile {
  id     Int     @id @default(autoincrement())
  bio    String
  user   User?   @relation(fields: [userId], references: [id], onDelete: Cascade)
  userId String? @unique
}

model Post {
  id       Int       @id @default(autoincrement())
  title    String    @map("the_title")
  views    Int       @default(0)
  author   User?     @relation(fields: [authorId], references: [id], onDelete: Cascade)
  authorId String?
  comments Comment[]
  labels   Label[]
  @@map("posts")
}

model Comment {
  id     Int    @id @default(autoincrement())
  text   String
  post   Post   @relation(fields: [postId], references: [id], onDelete: Cascade)
  postId Int
}

model Label {
  id    Int    @id @default(autoincrement())
  name  String @unique
  posts Post[]
}

model Seat {
  row  Int
  no   Int
  who  String?
  hall Hall?  @relation(fields: [hallId], references: [id])
  hallId Int?
  @@id([row, no])
}

model Hall {
  id    Int    @id
  seats Seat[]
}
"""
